/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <string.h>

/*
 * An FTP server with one file, in threads of its own: it says what has to be said, and keeps what it was told. What it
 * does not know is refused with 502.
 */
typedef struct
{
  GSocketService *service;    /* owned */
  guint16 port;
  GBytes *file;               /* owned; what RETR sends */
  const char *modified;       /* NULL: MDTM is refused */
  GCancellable *cancellable;  /* owned; at the end */

  GMutex lock;                /* of what follows */
  GString *commands;          /* owned; one to a line */
  GByteArray *stored;         /* owned; what STOR brought */
  GCond cond;
  guint n_connections;
} FtpServer;

static inline void
ftp_say (GOutputStream *out, const char *format, ...) G_GNUC_PRINTF (2, 3);

static inline void
ftp_say (GOutputStream *out, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_output_stream_write_all (out, text, strlen (text), NULL, NULL, NULL);
}

static inline void
ftp_store (FtpServer *self, GInputStream *in)
{
  guint8 block[8192];
  gssize n;

  while ((n = g_input_stream_read (in, block, sizeof block, self->cancellable, NULL)) > 0)
    {
      g_mutex_lock (&self->lock);
      g_byte_array_append (self->stored, block, (guint) n);
      g_mutex_unlock (&self->lock);
    }
}

/* A connection for data: what is sent over it, or stored from it. */
static inline void
ftp_transfer (FtpServer *self, GSocketListener *listener, GOutputStream *out, gint64 offset, gboolean store)
{
  g_autoptr (GSocketConnection) data = NULL;
  gsize size;
  const guint8 *bytes = g_bytes_get_data (self->file, &size);

  ftp_say (out, "150 go\r\n");
  data = g_socket_listener_accept (listener, NULL, self->cancellable, NULL);
  if (data != NULL && store)
    ftp_store (self, g_io_stream_get_input_stream (G_IO_STREAM (data)));
  else if (data != NULL)
    g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (data)), bytes + offset, size - offset, NULL,
                               self->cancellable, NULL);
  if (data != NULL)
    g_io_stream_close (G_IO_STREAM (data), NULL, NULL);
  ftp_say (out, "226 done\r\n");
}

static inline void
ftp_speak (FtpServer *self, GSocketConnection *connection)
{
  GOutputStream *out = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  g_autoptr (GDataInputStream) in = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  g_autoptr (GSocketListener) listener = NULL;
  gint64 offset = 0;

  g_data_input_stream_set_newline_type (in, G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
  ftp_say (out, "220-hello\r\n213-15\r\n220 hello\r\n");
  while (TRUE)
    {
      g_autofree char *line = g_data_input_stream_read_line (in, NULL, self->cancellable, NULL);

      if (line == NULL)
        break;
      g_mutex_lock (&self->lock);
      g_string_append_printf (self->commands, "%s\n", line);
      g_mutex_unlock (&self->lock);

      if (g_str_has_prefix (line, "USER "))
        ftp_say (out, "331 password\r\n");
      else if (g_str_equal (line, "PASS wrong"))
        ftp_say (out, "530 no\r\n");
      else if (g_str_has_prefix (line, "PASS "))
        ftp_say (out, "230 in\r\n");
      else if (g_str_equal (line, "PWD"))
        ftp_say (out, "257 \"/\"\r\n");
      else if (g_str_has_prefix (line, "TYPE ") || g_str_has_prefix (line, "CWD "))
        ftp_say (out, "200 ok\r\n");
      else if (g_str_has_prefix (line, "SIZE "))
        ftp_say (out, "213 %" G_GSIZE_FORMAT "\r\n", g_bytes_get_size (self->file));
      else if (g_str_has_prefix (line, "MDTM ") && self->modified != NULL)
        ftp_say (out, "213 %s\r\n", self->modified);
      else if (g_str_has_prefix (line, "REST "))
        {
          offset = g_ascii_strtoll (line + 5, NULL, 10);
          ftp_say (out, "350 ok\r\n");
        }
      else if (g_str_equal (line, "EPSV"))
        {
          g_clear_object (&listener);
          listener = g_socket_listener_new ();
          ftp_say (out, "229 ok (|||%d|)\r\n", g_socket_listener_add_any_inet_port (listener, NULL, NULL));
        }
      else if (g_str_has_prefix (line, "RETR ") || g_str_has_prefix (line, "STOR "))
        ftp_transfer (self, listener, out, offset, *line == 'S');
      else if (g_str_equal (line, "QUIT"))
        ftp_say (out, "221 bye\r\n");
      else
        ftp_say (out, "502 no\r\n");
    }
}

static inline gboolean
ftp_run_cb (GThreadedSocketService *service, GSocketConnection *connection, GObject *source, gpointer user_data)
{
  FtpServer *self = user_data;

  ftp_speak (self, connection);
  g_mutex_lock (&self->lock);
  self->n_connections--;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);

  return TRUE;
}

/* In the context of the service. */
static inline gboolean
ftp_incoming_cb (GSocketService *service, GSocketConnection *connection, GObject *source, gpointer user_data)
{
  FtpServer *self = user_data;

  g_mutex_lock (&self->lock);
  self->n_connections++;
  g_mutex_unlock (&self->lock);

  return FALSE;
}

/* @file: (transfer full) */
static inline FtpServer *
ftp_server_new (GBytes *file)
{
  FtpServer *self = g_new0 (FtpServer, 1);
  g_autoptr (GError) error = NULL;

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->cancellable = g_cancellable_new ();
  self->commands = g_string_new (NULL);
  self->stored = g_byte_array_new ();
  self->file = file;
  self->modified = "20240102030405";
  self->service = g_threaded_socket_service_new (-1);
  self->port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (self->service), NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (self->service, "incoming", G_CALLBACK (ftp_incoming_cb), self);
  g_signal_connect (self->service, "run", G_CALLBACK (ftp_run_cb), self);
  g_socket_service_start (self->service);

  return self;
}

static inline gboolean
ftp_server_has_got (FtpServer *self, const char *command)
{
  gboolean found;

  g_mutex_lock (&self->lock);
  found = strstr (self->commands->str, command) != NULL;
  g_mutex_unlock (&self->lock);

  return found;
}

static inline void
ftp_server_free (FtpServer *self)
{
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_cancellable_cancel (self->cancellable);
  g_mutex_lock (&self->lock);
  while (self->n_connections > 0)
    g_cond_wait (&self->cond, &self->lock);
  g_mutex_unlock (&self->lock);

  g_signal_handlers_disconnect_by_data (self->service, self);
  g_object_unref (self->service);
  g_object_unref (self->cancellable);
  g_bytes_unref (self->file);
  g_string_free (self->commands, TRUE);
  g_byte_array_unref (self->stored);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}
