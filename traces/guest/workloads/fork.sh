# SPDX-License-Identifier: GPL-2.0-or-later
# about: a storm of short processes that copy pages, map a little and exit or execute
# mem: 1024

prepare()
{
	true
}

run()
{
	/pageman/bin/forks 4800 12 1
}
