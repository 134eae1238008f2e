# SPDX-License-Identifier: GPL-2.0-or-later
# about: traffic through pipes and UNIX sockets, many opened and closed with data in flight
# mem: 1024

prepare()
{
	true
}

run()
{
	/pageman/bin/pipes 60000 1
}
