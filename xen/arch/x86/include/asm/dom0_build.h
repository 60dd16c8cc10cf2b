/* SPDX-License-Identifier: MIT */
/* Domain0, built from the boot modules. */
#ifndef ASM_DOM0_BUILD_H
#define ASM_DOM0_BUILD_H

/* Makes dom0, paused, from boot_info's modules, whose memory it only reads. Panics on bad input. */
void dom0_build(void);

#endif
