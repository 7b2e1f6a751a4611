/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The threads of GLib that run the jobs of GTask, in a process that was forked. In any other all of this does nothing.
 * GIO looks up the names of hosts and proxies, reads files and makes TLS handshakes in such jobs. */

/* In a new process, when there is one thread only. */
void     u_job_threads_forget   (void);
/* On a thread that may wait: finds out, once for the process, whether there still are such threads. */
void     u_job_threads_probe    (void);
/* What was found out. */
gboolean u_job_threads_are_lost (void);
/* On an I/O thread: from the first hold to the last release all jobs are run, whoever they belong to. */
void     u_job_threads_hold     (void);
void     u_job_threads_release  (void);

G_END_DECLS
