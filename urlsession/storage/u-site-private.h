/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Hosts, and the sites that they are part of: what a registrar sells, one label below a public suffix. */

/* The host of a URL in the form that is compared: ASCII, lower case, no brackets, no dot at the end. NULL if it has none. */
char    *u_site_dup_host          (GUri       *uri);
/* The same of a name; NULL if it is none. */
char    *u_site_dup_canonical     (const char *host);
/* example.co.uk for www.example.co.uk. An IP address, a public suffix and a name of one label are their own sites. */
char    *u_site_dup_registrable   (const char *host);
gboolean u_site_is_public_suffix  (const char *host);
/* RFC 6265 section 5.1.3: @host is @domain, or a name below it. Both canonical. */
gboolean u_site_domain_matches    (const char *host,
                                   const char *domain);
/* Whether the hosts of both are of one site; the schemes do not count. */
gboolean u_site_same              (GUri       *a,
                                   GUri       *b);
/* Reads the list of public suffixes, on a disk thread, unless that was done. */
void     u_site_warm_up           (void);

G_END_DECLS
