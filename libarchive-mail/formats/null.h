/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_NULL_H
#define AM_FORMATS_NULL_H

#include "model/format.h"

/* A sink that reads every byte and keeps none: how fast is the source? */
extern const struct am_format am_format_null;

#endif
