# SPDX-License-Identifier: GPL-2.0-or-later
# about: anonymous memory in pieces of many sizes with holes, no huge pages
# mem: 1024

prepare()
{
	echo never >/sys/kernel/mm/transparent_hugepage/enabled
	/pageman/bin/holes 400 /tmp/holes 7 &
	while [ ! -e /tmp/holes ]; do
		sleep 0.1
	done
}

run()
{
	/pageman/bin/frag 240 330000 small 1
}
