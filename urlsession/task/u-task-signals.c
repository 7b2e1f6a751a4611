/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/task/u-task-signals-private.h"

#include "urlsession/message/u-http-response.h"
#include "urlsession/message/u-task-metrics.h"
#include "urlsession/task/u-authentication-challenge.h"
#include "urlsession/task/u-body-stream-request.h"
#include "urlsession/task/u-data-task.h"
#include "urlsession/task/u-download-task.h"
#include "urlsession/task/u-redirect-decision.h"
#include "urlsession/task/u-response-decision.h"
#include "urlsession/task/u-stream-task.h"
#include "urlsession/task/u-task-private.h"
#include "urlsession/task/u-web-socket-task.h"

#define MAX_PARAMS 4

typedef GType (*TypeFunc) (void);

typedef struct
{
  const char *name;
  TypeFunc owner;
  gboolean is_question;       /* returns a boolean: the handler will answer */
  TypeFunc params[MAX_PARAMS]; /* NULL-terminated */
} Signal;

static GType
int64_type (void)
{
  return G_TYPE_INT64;
}

static GType
uint_type (void)
{
  return G_TYPE_UINT;
}

static GType
string_type (void)
{
  return G_TYPE_STRING;
}

static const Signal signals[] = {
  [U_TASK_COLLECTED_METRICS] = { "collected-metrics", u_task_get_type, FALSE, { u_task_metrics_get_type } },
  [U_TASK_COMPLETED] = { "completed", u_task_get_type, FALSE, { g_error_get_type } },
  [U_TASK_SENT_DATA] = { "sent-data", u_task_get_type, FALSE, { int64_type, int64_type, int64_type } },
  [U_TASK_INFORMATIONAL_RESPONSE] = { "informational-response", u_task_get_type, FALSE, { u_http_response_get_type } },
  [U_TASK_DECIDE_REDIRECT] = { "decide-redirect", u_task_get_type, TRUE, { u_redirect_decision_get_type } },
  [U_TASK_CHALLENGE] = { "challenge", u_task_get_type, TRUE, { u_authentication_challenge_get_type } },
  [U_TASK_NEED_BODY_STREAM] = { "need-body-stream", u_task_get_type, TRUE, { u_body_stream_request_get_type } },
  [U_TASK_WAITING_FOR_CONNECTIVITY] = { "waiting-for-connectivity", u_task_get_type, FALSE, { NULL } },
  [U_DATA_TASK_DECIDE_RESPONSE] = { "decide-response", u_data_task_get_type, TRUE, { u_response_decision_get_type } },
  [U_DATA_TASK_RECEIVED_DATA] = { "received-data", u_data_task_get_type, FALSE, { g_bytes_get_type } },
  [U_DATA_TASK_BECAME_DOWNLOAD] = { "became-download", u_data_task_get_type, FALSE, { u_download_task_get_type } },
  [U_DATA_TASK_BECAME_STREAM] = { "became-stream", u_data_task_get_type, FALSE, { u_stream_task_get_type } },
  [U_DOWNLOAD_TASK_WROTE_DATA] = { "wrote-data", u_download_task_get_type, FALSE,
                                   { int64_type, int64_type, int64_type } },
  [U_DOWNLOAD_TASK_RESUMED_AT_OFFSET] = { "resumed-at-offset", u_download_task_get_type, FALSE,
                                          { int64_type, int64_type } },
  [U_DOWNLOAD_TASK_FINISHED_DOWNLOAD] = { "finished-download", u_download_task_get_type, FALSE, { g_file_get_type } },
  [U_STREAM_TASK_READ_CLOSED] = { "read-closed", u_stream_task_get_type, FALSE, { NULL } },
  [U_STREAM_TASK_WRITE_CLOSED] = { "write-closed", u_stream_task_get_type, FALSE, { NULL } },
  [U_WEB_SOCKET_TASK_OPENED] = { "opened", u_web_socket_task_get_type, FALSE, { string_type } },
  [U_WEB_SOCKET_TASK_MESSAGE] = { "message", u_web_socket_task_get_type, FALSE, { u_web_socket_message_get_type } },
  [U_WEB_SOCKET_TASK_CLOSED] = { "closed", u_web_socket_task_get_type, FALSE, { uint_type, string_type } },
};

G_STATIC_ASSERT (G_N_ELEMENTS (signals) == U_TASK_N_SIGNALS);

UTaskSignalIds u_task_signal_ids;

static guint
install (const Signal *signal, const char *name, GType owner, TypeFunc first)
{
  GType types[MAX_PARAMS + 1];
  guint n = 0;

  if (first != NULL)
    types[n++] = first ();
  for (guint i = 0; i < MAX_PARAMS && signal->params[i] != NULL; i++)
    types[n++] = signal->params[i] ();

  return g_signal_newv (name, owner, G_SIGNAL_RUN_LAST, NULL,
                        signal->is_question ? u_decision_accumulator : NULL, NULL, NULL,
                        signal->is_question ? G_TYPE_BOOLEAN : G_TYPE_NONE, n, types);
}

void
u_task_signals_install (GType owner)
{
  for (guint i = 0; i < U_TASK_N_SIGNALS; i++)
    {
      if (signals[i].owner () == owner)
        u_task_signal_ids.own[i] = install (&signals[i], signals[i].name, owner, NULL);
    }
}

void
u_task_signals_install_twins (GType session)
{
  for (guint i = 0; i < U_TASK_N_SIGNALS; i++)
    {
      g_autofree char *name = g_strconcat ("task-", signals[i].name, NULL);

      u_task_signal_ids.twin[i] = install (&signals[i], name, session, signals[i].owner);
    }
  u_task_signal_ids.session_challenge = install (&signals[U_TASK_CHALLENGE], "challenge", session, u_task_get_type);
}

gboolean
u_task_is_heard (UTask *task, UTaskSignal signal)
{
  return g_signal_has_handler_pending (task, u_task_signal_ids.own[signal], 0, FALSE) ||
         g_signal_has_handler_pending (task->session, u_task_signal_ids.twin[signal], 0, FALSE) ||
         (signal == U_TASK_CHALLENGE &&
          g_signal_has_handler_pending (task->session, u_task_signal_ids.session_challenge, 0, FALSE));
}
