# SPDX-License-Identifier: GPL-2.0-or-later
# about: kernel requests of odd sizes: alloc_pages_exact and kmalloc above the slab limit, beside file churn
# mem: 1536

prepare()
{
	mkdir -p /ram && mount -t tmpfs tmpfs /ram
}

run()
{
	/pageman/bin/files /ram 24000 5 &
	for round in 1 2 3 4 5 6; do
		echo "$round 9000 1200" >/sys/kernel/debug/pageman_recorder/sized || return 1
	done
	wait $!
}
