/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-http-ticket-private.h"

#include "urlsession/u-config.h"

#ifdef HAVE_GSSAPI
#include <gssapi/gssapi.h>
#endif

/* libsoup would find out too, but with a warning in the log for everybody without a ticket. */
gboolean
u_http_ticket_is_there (void)
{
#ifdef HAVE_GSSAPI
  gss_cred_id_t credential = GSS_C_NO_CREDENTIAL;
  OM_uint32 minor;
  OM_uint32 ignored;
  OM_uint32 lifetime = 0;
  gboolean there;

  if (GSS_ERROR (gss_acquire_cred (&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, GSS_C_NO_OID_SET, GSS_C_INITIATE,
                                   &credential, NULL, NULL)))
    return FALSE;

  there = !GSS_ERROR (gss_inquire_cred (&minor, credential, NULL, &lifetime, NULL, NULL)) && lifetime > 0;
  gss_release_cred (&ignored, &credential);

  return there;
#else
  return TRUE;
#endif
}
