/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What ThreadSanitizer is told (make tsan includes this everywhere): GLib's
 * mutexes are futexes of its own, in a library that is not instrumented, and
 * what they order would look like races.  A GRecMutex makes itself when it is
 * first locked, by an atomic that is not seen either.
 */
#include <sanitizer/tsan_interface.h>

#include <glib.h>

#ifdef __cplusplus
extern "C" {
#endif
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
#ifdef __cplusplus
}
#endif

#define g_mutex_lock(m)   (g_mutex_lock(m), __tsan_acquire(m))
#define g_mutex_unlock(m) (__tsan_release(m), g_mutex_unlock(m))
#define g_cond_wait(c, m) \
	(__tsan_release(m), g_cond_wait(c, m), __tsan_acquire(m))
static inline gboolean tsan_wait_until(GCond *c, GMutex *m, gint64 end)
{
	__tsan_release(m);
	gboolean signalled = g_cond_wait_until(c, m, end);
	__tsan_acquire(m);
	return signalled;
}
#define g_cond_wait_until(c, m, end) tsan_wait_until(c, m, end)
#define g_rec_mutex_lock(m)                                                 \
	(AnnotateIgnoreReadsBegin(__FILE__, __LINE__), g_rec_mutex_lock(m), \
	 AnnotateIgnoreReadsEnd(__FILE__, __LINE__), __tsan_acquire(m))
#define g_rec_mutex_unlock(m)                                             \
	(AnnotateIgnoreReadsBegin(__FILE__, __LINE__), __tsan_release(m), \
	 g_rec_mutex_unlock(m), AnnotateIgnoreReadsEnd(__FILE__, __LINE__))
