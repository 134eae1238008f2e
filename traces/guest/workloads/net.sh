# SPDX-License-Identifier: GPL-2.0-or-later
# about: TCP and UDP over loopback, connections opened, filled and closed; large fragments, then single pages
# mem: 1024

prepare()
{
	true
}

run()
{
	/pageman/bin/tcp 2500 1
	echo 1 >/proc/sys/net/core/high_order_alloc_disable && /pageman/bin/tcp 4500 2
}
