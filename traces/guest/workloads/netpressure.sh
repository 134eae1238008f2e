# SPDX-License-Identifier: GPL-2.0-or-later
# about: TCP and UDP over loopback with memory nearly full: interrupts allocate while reclaim and compaction work
# mem: 512
# buffer: 96
# disk: 512

prepare()
{
	mkdir -p /disk && mount -t ext4 /dev/vda /disk
}

run()
{
	/pageman/bin/hog 20 2000 1 holes &
	hog=$!
	/pageman/bin/files /disk 2400 2 &
	files=$!
	/pageman/bin/tcp 1300 1 && echo 1 >/proc/sys/net/core/high_order_alloc_disable && /pageman/bin/tcp 1300 2
	status=$?
	wait $files
	wait $hog
	return $status
}
