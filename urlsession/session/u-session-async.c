/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-error.h"
#include "urlsession/session/u-session-private.h"

/* A body up to this size is parsed where it is; a larger one is not, so that the main loop has its peace. */
#define PARSE_INLINE_LIMIT (16 * 1024)

/* What is different about a call. Its address is the source tag of the call. */
typedef struct
{
  /* Of the call of the task that it is made of. */
  gpointer (*finish) (UTask *task, GAsyncResult *result, GError **error);
  /* Nullable: takes what came of that, and returns something else for the call. */
  void (*convert) (GTask *call, gpointer value);
  /* Of what comes of it. */
  GDestroyNotify free_value;
} CallKind;

typedef struct
{
  const CallKind *kind;
  UTask *task;                /* owned */
  UResponse *response;        /* owned, nullable */
} CallData;

static void convert_json (GTask *call, gpointer bytes);

#define FINISH(function) ((gpointer (*) (UTask *, GAsyncResult *, GError **)) (function))

static const CallKind data_call = {
  .finish = FINISH (u_data_task_load_finish),
  .free_value = (GDestroyNotify) g_bytes_unref,
};

static const CallKind open_call = {
  .finish = FINISH (u_data_task_open_finish),
  .free_value = g_object_unref,
};

static const CallKind download_call = {
  .finish = FINISH (u_download_task_save_finish),
  .free_value = g_object_unref,
};

static const CallKind upload_file_call = {
  .finish = FINISH (u_data_task_load_finish),
  .free_value = (GDestroyNotify) g_bytes_unref,
};

static const CallKind upload_bytes_call = {
  .finish = FINISH (u_data_task_load_finish),
  .free_value = (GDestroyNotify) g_bytes_unref,
};

static const CallKind json_call = {
  .finish = FINISH (u_data_task_load_finish),
  .convert = convert_json,
  .free_value = (GDestroyNotify) json_node_unref,
};

static void
call_data_free (gpointer data)
{
  CallData *self = data;

  g_object_unref (self->task);
  g_clear_object (&self->response);
  g_free (self);
}

/*
 * call_new:
 * @task: (transfer full): what the call is made of
 *
 * Returns: (transfer full): the GTask of the call. Its context is the caller's, as is that of the task's own call
 */
static GTask *
call_new (USession            *self,
          gpointer             task,
          const CallKind      *kind,
          GCancellable        *cancellable,
          GAsyncReadyCallback  callback,
          gpointer             user_data)
{
  GTask *call = g_task_new (self, cancellable, callback, user_data);
  CallData *data = g_new0 (CallData, 1);

  data->kind = kind;
  data->task = task;
  u_task_set_quiet (task);
  g_task_set_source_tag (call, (gpointer) kind);
  g_task_set_check_cancellable (call, FALSE);
  g_task_set_task_data (call, data, call_data_free);

  return call;
}

/* @value: (transfer full) (nullable). @error: (transfer full): why there is none */
static void
call_return (GTask *call, gpointer value, GError *error)
{
  CallData *data = g_task_get_task_data (call);

  if (value != NULL)
    g_task_return_pointer (call, value, data->kind->free_value);
  else
    g_task_return_error (call, error);
}

/* The task's own call is over. @user_data: (transfer full): the call */
static void
call_ended_cb (GObject *task, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) call = user_data;
  CallData *data = g_task_get_task_data (call);
  GError *error = NULL;
  gpointer value = data->kind->finish (data->task, result, &error);

  g_set_object (&data->response, u_task_get_response (data->task));
  if (value != NULL && data->kind->convert != NULL)
    data->kind->convert (call, value);
  else
    call_return (call, value, error);
}

static gpointer
call_finish (USession *self, GAsyncResult *result, const CallKind *kind, UResponse **response, GError **error)
{
  gpointer value;

  if (response != NULL)
    *response = NULL;
  g_return_val_if_fail (U_IS_SESSION (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, (gpointer) kind), NULL);

  value = g_task_propagate_pointer (G_TASK (result), error);
  if (value != NULL && response != NULL)
    *response = g_steal_pointer (&((CallData *) g_task_get_task_data (G_TASK (result)))->response);

  return value;
}

/**
 * u_session_data_async:
 * @self: a session
 * @request: what to load, copied
 * @cancellable: (nullable): cancels the load
 * @callback: (scope async): called in the thread-default main context of this call
 * @user_data: (closure): for @callback
 *
 * Loads something into memory: the whole body, and the response.
 *
 * Redirects and challenges are offered to the handlers of the session; the rest of what happens on the way is not told.
 */
void
u_session_data_async (USession            *self,
                      URequest            *request,
                      GCancellable        *cancellable,
                      GAsyncReadyCallback  callback,
                      gpointer             user_data)
{
  UDataTask *task;

  g_return_if_fail (U_IS_SESSION (self));
  g_return_if_fail (U_IS_REQUEST (request));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = u_session_create_data_task (self, request);
  u_data_task_load_async (task, cancellable, call_ended_cb,
                          call_new (self, task, &data_call, cancellable, callback, user_data));
}

/**
 * u_session_data_finish:
 * @self: a session
 * @result: the result of the call
 * @response: (out) (optional) (transfer full): the response
 * @error: where to put an error in the domain `U_ERROR`
 *
 * Finishes what [method@Session.data_async] began.
 *
 * An HTTP error status is no error here: look at @response.
 *
 * Returns: (transfer full): the body, empty if there was none
 */
GBytes *
u_session_data_finish (USession *self, GAsyncResult *result, UResponse **response, GError **error)
{
  return call_finish (self, result, &data_call, response, error);
}

/**
 * u_session_open_async:
 * @self: a session
 * @request: what to load, copied
 * @cancellable: (nullable): cancels the load, also while the stream is read
 * @callback: (scope async): called in the thread-default main context of this call
 * @user_data: (closure): for @callback
 *
 * Loads something as a stream: the call ends when the response is there, the body is read as it comes.
 */
void
u_session_open_async (USession            *self,
                      URequest            *request,
                      GCancellable        *cancellable,
                      GAsyncReadyCallback  callback,
                      gpointer             user_data)
{
  UDataTask *task;

  g_return_if_fail (U_IS_SESSION (self));
  g_return_if_fail (U_IS_REQUEST (request));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = u_session_create_data_task (self, request);
  u_data_task_open_async (task, cancellable, call_ended_cb,
                          call_new (self, task, &open_call, cancellable, callback, user_data));
}

/**
 * u_session_open_finish:
 * @self: a session
 * @result: the result of the call
 * @response: (out) (optional) (transfer full): the response
 * @error: where to put an error in the domain `U_ERROR`
 *
 * Finishes what [method@Session.open_async] began.
 *
 * The network is read only as fast as the stream is. Closing the stream before its end cancels the load; an error on
 * the way is an error of the read, in the domain `U_ERROR`.
 *
 * Returns: (transfer full): a stream of the body
 */
GInputStream *
u_session_open_finish (USession *self, GAsyncResult *result, UResponse **response, GError **error)
{
  return call_finish (self, result, &open_call, response, error);
}

/**
 * u_session_upload_file_async:
 * @self: a session
 * @request: where to send it, copied; `POST` if its method is `GET`
 * @file: what to send: a file with a local path
 * @cancellable: (nullable): cancels the upload
 * @callback: (scope async): called in the thread-default main context of this call
 * @user_data: (closure): for @callback
 *
 * Sends a file, and waits for the whole response.
 *
 * For progress, and for uploads that go on where they broke, make a task:
 * [method@Session.create_upload_task_for_file].
 */
void
u_session_upload_file_async (USession            *self,
                             URequest            *request,
                             GFile               *file,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data)
{
  UUploadTask *task;

  g_return_if_fail (U_IS_SESSION (self));
  g_return_if_fail (U_IS_REQUEST (request));
  g_return_if_fail (G_IS_FILE (file));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = u_session_create_upload_task_for_file (self, request, file);
  u_data_task_load_async (U_DATA_TASK (task), cancellable, call_ended_cb,
                          call_new (self, task, &upload_file_call, cancellable, callback, user_data));
}

/**
 * u_session_upload_file_finish:
 * @self: a session
 * @result: the result of the call
 * @response: (out) (optional) (transfer full): the response
 * @error: where to put an error in the domain `U_ERROR`
 *
 * Finishes what [method@Session.upload_file_async] began.
 *
 * An HTTP error status is no error here: look at @response.
 *
 * Returns: (transfer full): the body of the response, empty if there was none
 */
GBytes *
u_session_upload_file_finish (USession *self, GAsyncResult *result, UResponse **response, GError **error)
{
  return call_finish (self, result, &upload_file_call, response, error);
}

/**
 * u_session_upload_bytes_async:
 * @self: a session
 * @request: where to send them, copied; `POST` if its method is `GET`
 * @bytes: what to send
 * @cancellable: (nullable): cancels the upload
 * @callback: (scope async): called in the thread-default main context of this call
 * @user_data: (closure): for @callback
 *
 * Sends bytes, and waits for the whole response.
 *
 * For progress, and for uploads that go on where they broke, make a task:
 * [method@Session.create_upload_task_for_bytes].
 */
void
u_session_upload_bytes_async (USession            *self,
                              URequest            *request,
                              GBytes              *bytes,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data)
{
  UUploadTask *task;

  g_return_if_fail (U_IS_SESSION (self));
  g_return_if_fail (U_IS_REQUEST (request));
  g_return_if_fail (bytes != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = u_session_create_upload_task_for_bytes (self, request, bytes);
  u_data_task_load_async (U_DATA_TASK (task), cancellable, call_ended_cb,
                          call_new (self, task, &upload_bytes_call, cancellable, callback, user_data));
}

/**
 * u_session_upload_bytes_finish:
 * @self: a session
 * @result: the result of the call
 * @response: (out) (optional) (transfer full): the response
 * @error: where to put an error in the domain `U_ERROR`
 *
 * Finishes what [method@Session.upload_bytes_async] began.
 *
 * An HTTP error status is no error here: look at @response.
 *
 * Returns: (transfer full): the body of the response, empty if there was none
 */
GBytes *
u_session_upload_bytes_finish (USession *self, GAsyncResult *result, UResponse **response, GError **error)
{
  return call_finish (self, result, &upload_bytes_call, response, error);
}

/**
 * u_session_download_async:
 * @self: a session
 * @request: what to load, copied
 * @destination: (nullable): a local file, or a folder that exists; %NULL for a temporary file that belongs to the
 *   caller
 * @cancellable: (nullable): cancels the download
 * @callback: (scope async): called in the thread-default main context of this call
 * @user_data: (closure): for @callback
 *
 * Loads something into a file, which appears at its destination only when it is complete.
 *
 * For progress, and to resume a download that broke off, make a task: [method@Session.create_download_task] and
 * [method@DownloadTask.save_async].
 */
void
u_session_download_async (USession            *self,
                          URequest            *request,
                          GFile               *destination,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  UDownloadTask *task;

  g_return_if_fail (U_IS_SESSION (self));
  g_return_if_fail (U_IS_REQUEST (request));
  g_return_if_fail (destination == NULL || G_IS_FILE (destination));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = u_session_create_download_task (self, request);
  u_download_task_save_async (task, destination, cancellable, call_ended_cb,
                              call_new (self, task, &download_call, cancellable, callback, user_data));
}

/**
 * u_session_download_finish:
 * @self: a session
 * @result: the result of the call
 * @response: (out) (optional) (transfer full): the response
 * @error: where to put an error in the domain `U_ERROR`
 *
 * Finishes what [method@Session.download_async] began.
 *
 * A response with an HTTP error status is `U_ERROR_BAD_SERVER_RESPONSE` here: nothing was saved.
 *
 * Returns: (transfer full): the file
 */
GFile *
u_session_download_finish (USession *self, GAsyncResult *result, UResponse **response, GError **error)
{
  return call_finish (self, result, &download_call, response, error);
}

static JsonNode *
parse_json (GBytes *bytes, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) parse_error = NULL;
  JsonNode *root;
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);

  if (!json_parser_load_from_data (parser, data != NULL ? data : "", (gssize) length, &parse_error))
    {
      g_set_error (error, U_ERROR, U_ERROR_CANNOT_PARSE_JSON, "The body is not valid JSON: %s", parse_error->message);
      return NULL;
    }
  root = json_parser_steal_root (parser);
  if (root == NULL)
    g_set_error_literal (error, U_ERROR, U_ERROR_CANNOT_PARSE_JSON, "The body is empty, which is not valid JSON.");

  return root;
}

static void
parse_thread (GTask *job, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  JsonNode *root = parse_json (data, &error);

  if (root != NULL)
    g_task_return_pointer (job, root, (GDestroyNotify) json_node_unref);
  else
    g_task_return_error (job, g_steal_pointer (&error));
}

static void
parsed_cb (GObject *source, GAsyncResult *parsed, gpointer user_data)
{
  g_autoptr (GTask) call = user_data;
  GError *error = NULL;
  JsonNode *root = g_task_propagate_pointer (G_TASK (parsed), &error);

  call_return (call, root, error);
}

/* @bytes: (transfer full) */
static void
convert_json (GTask *call, gpointer bytes)
{
  g_autoptr (GBytes) body = bytes;

  if (g_bytes_get_size (body) <= PARSE_INLINE_LIMIT)
    {
      GError *error = NULL;
      JsonNode *root = parse_json (body, &error);

      call_return (call, root, error);
    }
  else
    {
      /* No source object: the other thread would touch it. */
      g_autoptr (GTask) job = g_task_new (NULL, NULL, parsed_cb, g_object_ref (call));

      g_task_set_task_data (job, g_steal_pointer (&body), (GDestroyNotify) g_bytes_unref);
      g_task_run_in_thread (job, parse_thread);
    }
}

/**
 * u_session_json_async:
 * @self: a session
 * @request: what to load, copied
 * @cancellable: (nullable): cancels the load
 * @callback: (scope async): called in the thread-default main context of this call
 * @user_data: (closure): for @callback
 *
 * Loads something and parses it as JSON, whatever type the response names.
 */
void
u_session_json_async (USession            *self,
                      URequest            *request,
                      GCancellable        *cancellable,
                      GAsyncReadyCallback  callback,
                      gpointer             user_data)
{
  UDataTask *task;

  g_return_if_fail (U_IS_SESSION (self));
  g_return_if_fail (U_IS_REQUEST (request));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = u_session_create_data_task (self, request);
  u_data_task_load_async (task, cancellable, call_ended_cb,
                          call_new (self, task, &json_call, cancellable, callback, user_data));
}

/**
 * u_session_json_finish:
 * @self: a session
 * @result: the result of the call
 * @response: (out) (optional) (transfer full): the response
 * @error: where to put an error in the domain `U_ERROR`
 *
 * Finishes what [method@Session.json_async] began.
 *
 * A body that is not JSON is `U_ERROR_CANNOT_PARSE_JSON`. An HTTP error status is no error: look at @response.
 *
 * Returns: (transfer full): the root of the document
 */
JsonNode *
u_session_json_finish (USession *self, GAsyncResult *result, UResponse **response, GError **error)
{
  return call_finish (self, result, &json_call, response, error);
}
