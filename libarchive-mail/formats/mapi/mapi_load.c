/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mapi/mapi_load.h"

#include "base/blob.h"
#include "formats/mapi/original.h"
#include "model/message.h"

int am_mapi_load(const struct am_mapi_to_mail *job,
                 const struct am_mapi_message *from, struct am_message *to,
                 struct am_error *err)
{
	struct am_error why = {.kind = AM_E_NONE};
	int r = am_original_read(&to->raw, from,
	                         16 * from->in->size + (1 << 20), job->ctx,
	                         &why);

	if (r == AM_FAILED)
		am_ctx_note(job->ctx, AM_NOTE_WARN, "outlook.changed",
		            job->folder, job->origin,
		            "no longer the mail it was made of, composed "
		            "anew: %s",
		            why.text);
	else if (r == AM_FATAL)
		*err = why;
	if (r == AM_FAILED || r == AM_END) {
		to->exactness = AM_SYNTHESISED;
		r = am_mapi_to_mail(job, from, &to->raw, err);
	}
	if (!r)
		to->size = am_blob_size(to->raw);
	return r;
}
