# SPDX-License-Identifier: GPL-2.0-or-later
# about: file churn on tmpfs and on ext4: create, copy, append, unpack, delete
# mem: 1536
# disk: 256

prepare()
{
	mkdir -p /ram /disk && mount -t tmpfs tmpfs /ram && mount -t ext4 /dev/vda /disk
}

run()
{
	/pageman/bin/files /ram 6000 1 && /pageman/bin/files /disk 4500 2 &&
		/pageman/bin/files /ram 3000 3 && /pageman/bin/files /disk 2500 4
}
