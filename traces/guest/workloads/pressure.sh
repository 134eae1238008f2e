# SPDX-License-Identifier: GPL-2.0-or-later
# about: memory nearly full of anonymous and file pages, reclaim and compaction at work, no swap
# mem: 512
# buffer: 96
# disk: 512

prepare()
{
	mkdir -p /disk && mount -t ext4 /dev/vda /disk && mkdir -p /disk/a /disk/b
}

run()
{
	/pageman/bin/hog 14 4000 1 &
	hog=$!
	{ /pageman/bin/files /disk/a 2000 2; /pageman/bin/files /disk/b 2000 4; } &
	files=$!
	/pageman/bin/forks 300 6 3
	wait $files
	wait $hog
}
