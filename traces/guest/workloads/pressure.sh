# SPDX-License-Identifier: GPL-2.0-or-later
# about: memory nearly full of anonymous and file pages, reclaim and compaction at work, no swap
# mem: 512
# buffer: 128
# disk: 512

prepare()
{
	mkdir -p /disk && mount -t ext4 /dev/vda /disk
}

run()
{
	/pageman/bin/hog 48 25000 1 &
	hog=$!
	/pageman/bin/files /disk 5000 2 &
	files=$!
	/pageman/bin/forks 600 6 3
	wait $files
	wait $hog
}
