/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The threads of GLib that run the jobs of GTask, around a fork. GIO looks up the names of hosts and proxies, reads files
 * and makes TLS handshakes in such jobs. */

/* Right before a fork: waits until none of them is in the middle of what the child cannot do without. */
void     u_job_threads_settle   (void);

/* Right after it, in the child. The rest does nothing in a process that was not forked. */
void     u_job_threads_forget   (void);
/* On a thread that may wait: finds out, once for the process, whether there still are such threads. */
void     u_job_threads_probe    (void);
/* What was found out. */
gboolean u_job_threads_are_lost (void);
/* On an I/O thread: from the first hold to the last release all jobs are run, whoever they belong to. */
void     u_job_threads_hold     (void);
void     u_job_threads_release  (void);

G_END_DECLS
