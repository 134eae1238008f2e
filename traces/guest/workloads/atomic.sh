# SPDX-License-Identifier: GPL-2.0-or-later
# about: atomic requests of several pages in memory nearly full: the reserve for them is filled and given back
# mem: 512
# buffer: 96
# disk: 512

prepare()
{
	mkdir -p /disk && mount -t ext4 /dev/vda /disk && mkdir -p /disk/a
}

run()
{
	/pageman/bin/hog 10 20000 1 &
	hog=$!
	/pageman/bin/files /disk/a 3000 2 &
	files=$!
	sleep 2
	for round in 1 2 3 4 5 6; do
		echo "$round 25000 1200" >/sys/kernel/debug/pageman_recorder/atomic || return 1
	done
	wait $files
	kill $hog 2>/dev/null
	wait
}
