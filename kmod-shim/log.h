/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Included before everything else: our lines in the log begin with the module's name. */
#ifndef PAGEMAN_LOG_H
#define PAGEMAN_LOG_H

#define pr_fmt(text) KBUILD_MODNAME ": " text

#endif
