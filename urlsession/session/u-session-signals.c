/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/session/u-session-private.h"

/**
 * USession::task-completed:
 * @self: the session
 * @task: the task
 * @error: (nullable): why it failed
 *
 * The twin of [signal@Task::completed], for all tasks.
 */
/**
 * USession::task-collected-metrics:
 * @self: the session
 * @task: the task
 * @metrics: what was measured
 *
 * The twin of [signal@Task::collected-metrics], for all tasks, those of one-line calls included.
 */
/**
 * USession::task-sent-data:
 * @self: the session
 * @task: the task
 * @bytes_sent: bytes since the last time
 * @total_bytes_sent: bytes of the body so far
 * @total_bytes_expected: bytes of the body, -1 if unknown
 *
 * The twin of [signal@Task::sent-data], for all tasks.
 */
/**
 * USession::task-informational-response:
 * @self: the session
 * @task: the task
 * @response: the informational response
 *
 * The twin of [signal@Task::informational-response], for all tasks.
 */
/**
 * USession::task-decide-redirect:
 * @self: the session
 * @task: the task
 * @decision: the question
 *
 * The twin of [signal@Task::decide-redirect], for all tasks whose own handlers did not answer.
 *
 * Returns: %TRUE if the handler answers
 */
/**
 * USession::task-need-body-stream:
 * @self: the session
 * @task: the task
 * @request: the question
 *
 * The twin of [signal@Task::need-body-stream], for all tasks whose own handlers did not answer.
 *
 * Returns: %TRUE if the handler answers
 */
/**
 * USession::challenge:
 * @self: the session
 * @task: the task whose connection it concerns
 * @challenge: the question
 *
 * Emitted when a connection asks for something: whether to trust the server, for a certificate of the client, for
 * credentials of a proxy, or of a server with NTLM or Negotiate.
 *
 * These concern all that goes over the connection, so they come here first, then to [signal@Task::challenge] and its
 * twin. What concerns a single resource, Basic and Digest, goes to the task.
 *
 * Returns: %TRUE if the handler answers
 */
/**
 * USession::task-challenge:
 * @self: the session
 * @task: the task
 * @challenge: the question
 *
 * The twin of [signal@Task::challenge], for all tasks whose own handlers did not answer.
 *
 * Returns: %TRUE if the handler answers
 */
/**
 * USession::task-waiting-for-connectivity:
 * @self: the session
 * @task: the task
 *
 * The twin of [signal@Task::waiting-for-connectivity], for all tasks.
 */
/**
 * USession::task-decide-response:
 * @self: the session
 * @task: the task
 * @decision: the question
 *
 * The twin of [signal@DataTask::decide-response], for all tasks whose own handlers did not answer.
 *
 * Returns: %TRUE if the handler answers
 */
/**
 * USession::task-received-data:
 * @self: the session
 * @task: the task
 * @bytes: the next bytes of the body
 *
 * The twin of [signal@DataTask::received-data], for all tasks.
 */
/**
 * USession::task-became-download:
 * @self: the session
 * @task: the task
 * @download_task: the task that took its place
 *
 * The twin of [signal@DataTask::became-download], for all tasks.
 */
/**
 * USession::task-wrote-data:
 * @self: the session
 * @task: the task
 * @bytes_written: bytes since the last time
 * @total_bytes_written: bytes that are in the file
 * @total_bytes_expected: bytes that the file will have, -1 if unknown
 *
 * The twin of [signal@DownloadTask::wrote-data], for all tasks.
 */
/**
 * USession::task-resumed-at-offset:
 * @self: the session
 * @task: the task
 * @offset: bytes that are there already
 * @total_bytes_expected: bytes that the file will have, -1 if unknown
 *
 * The twin of [signal@DownloadTask::resumed-at-offset], for all tasks.
 */
/**
 * USession::task-finished-download:
 * @self: the session
 * @task: the task
 * @location: the temporary file
 *
 * The twin of [signal@DownloadTask::finished-download], for all tasks. The file is removed when the last handler
 * returns.
 */
/**
 * USession::task-became-stream:
 * @self: the session
 * @task: the data task
 * @stream_task: the task that took its place
 *
 * The twin of [signal@DataTask::became-stream], for all tasks.
 */
/**
 * USession::task-read-closed:
 * @self: the session
 * @task: the task
 *
 * The twin of [signal@StreamTask::read-closed], for all tasks.
 */
/**
 * USession::task-write-closed:
 * @self: the session
 * @task: the task
 *
 * The twin of [signal@StreamTask::write-closed], for all tasks.
 */
/**
 * USession::task-opened:
 * @self: the session
 * @task: the task
 * @protocol: (nullable): the subprotocol that the server chose
 *
 * The twin of [signal@WebSocketTask::opened], for all tasks.
 */
/**
 * USession::task-message:
 * @self: the session
 * @task: the task
 * @message: what the server sent
 *
 * The twin of [signal@WebSocketTask::message], for all tasks.
 */
/**
 * USession::task-closed:
 * @self: the session
 * @task: the task
 * @code: why; see [enum@WebSocketCloseCode]. 1005: the server gave no code
 * @reason: (nullable): a text for people who look for errors
 *
 * The twin of [signal@WebSocketTask::closed], for all tasks.
 */
void
u_session_install_twins (void)
{
  u_task_signals_install_twins (U_TYPE_SESSION);
}
