# SPDX-License-Identifier: GPL-2.0-or-later
# about: anonymous memory in pieces of many sizes with holes, with transparent huge pages
# mem: 1024

prepare()
{
	echo always >/sys/kernel/mm/transparent_hugepage/enabled
}

run()
{
	/pageman/bin/frag 320 600000 huge 1
}
