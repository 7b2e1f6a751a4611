/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-loader-table-private.h"

#include <string.h>

#include "u-config.h"
#include "urlsession/loader/u-connection-settings-private.h"
#include "urlsession/loader/u-tcp-loader-private.h"
#include "urlsession/loader/u-web-socket-loader-private.h"

typedef enum {
  BUILTIN_HTTP,
  BUILTIN_DATA,
  BUILTIN_FILE,
  BUILTIN_TCP,
  BUILTIN_WEB_SOCKET,
  BUILTIN_FTP,
  N_BUILTIN,
} Builtin;

/* Known before the loader is there. */
static const struct
{
  const char *scheme;
  Builtin builtin;
} schemes[] = {
  { "http", BUILTIN_HTTP },
  { "https", BUILTIN_HTTP },
  { "data", BUILTIN_DATA },
  { "file", BUILTIN_FILE },
  { "tcp", BUILTIN_TCP },
  { "ws", BUILTIN_WEB_SOCKET },
  { "wss", BUILTIN_WEB_SOCKET },
#ifdef HAVE_CURL
  { "ftp", BUILTIN_FTP },
  { "ftps", BUILTIN_FTP },
#endif
};

struct _ULoaderTable
{
  ULoaderSettings settings;   /* its database is owned */
  UConnectionSettings *connections; /* owned; of what does not go through libsoup */
  ULoader *loaders[N_BUILTIN]; /* owned, nullable */
};

ULoaderTable *
u_loader_table_new (const ULoaderSettings *settings)
{
  ULoaderTable *self = g_new0 (ULoaderTable, 1);

  self->settings = *settings;
  if (settings->tls_database != NULL)
    g_object_ref (settings->tls_database);
  self->connections = u_connection_settings_new (settings);

  return self;
}

void
u_loader_table_free (ULoaderTable *self)
{
  for (guint i = 0; i < N_BUILTIN; i++)
    {
      if (self->loaders[i] != NULL)
        self->loaders[i]->klass->free_loader (self->loaders[i]);
    }
  g_clear_object (&self->settings.tls_database);
  u_connection_settings_unref (self->connections);
  g_free (self);
}

UConnectionSettings *
u_loader_table_get_connections (ULoaderTable *self)
{
  return self->connections;
}

static ULoader *
make (ULoaderTable *self, Builtin builtin)
{
  switch (builtin)
    {
    case BUILTIN_HTTP:
      return u_http_loader_new (&self->settings);
    case BUILTIN_DATA:
      return u_data_loader_new ();
    case BUILTIN_FILE:
      return u_file_loader_new ();
    case BUILTIN_TCP:
      return u_tcp_loader_new (self->connections);
    case BUILTIN_WEB_SOCKET:
      return u_web_socket_loader_new (self->connections);
#ifdef HAVE_CURL
    case BUILTIN_FTP:
      return u_ftp_loader_new (&self->settings);
#else
    case BUILTIN_FTP:
#endif
    case N_BUILTIN:
    default:
      g_assert_not_reached ();
    }
}

ULoader *
u_loader_table_find (ULoaderTable *self, const char *scheme)
{
  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    {
      if (strcmp (scheme, schemes[i].scheme) == 0)
        {
          ULoader **loader = &self->loaders[schemes[i].builtin];

          if (*loader == NULL)
            *loader = make (self, schemes[i].builtin);
          return *loader;
        }
    }

  return NULL;
}

/*
 * u_loader_table_explain:
 *
 * Returns: (nullable): why no loader was found for @scheme, as a sentence; %NULL: nothing ever loads it
 */
const char *
u_loader_table_explain (const char *scheme)
{
#ifndef HAVE_CURL
  if (strcmp (scheme, "ftp") == 0 || strcmp (scheme, "ftps") == 0)
    return "This urlsession was built without FTP: it needs libcurl, and the option “ftp”.";
#endif

  return NULL;
}

/*
 * u_loader_table_drop_idle:
 *
 * Loads under way keep what they have; those that start from now on share nothing with what came before.
 */
void
u_loader_table_drop_idle (ULoaderTable *self, gboolean forget)
{
  if (forget)
    u_connection_settings_forget (self->connections);
  for (guint i = 0; i < N_BUILTIN; i++)
    {
      if (self->loaders[i] != NULL && self->loaders[i]->klass->drop_idle != NULL)
        self->loaders[i]->klass->drop_idle (self->loaders[i], forget);
    }
}
