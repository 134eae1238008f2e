# SPDX-License-Identifier: GPL-2.0-or-later
# about: anonymous memory in pieces of many sizes with holes, no huge pages
# mem: 1024

prepare()
{
	echo never >/sys/kernel/mm/transparent_hugepage/enabled
}

run()
{
	/pageman/bin/frag 320 330000 small 1
}
