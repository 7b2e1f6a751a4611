/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <urlsession/base/u-macros.h>

G_BEGIN_DECLS

/**
 * UTaskState:
 * @U_TASK_STATE_RUNNING: the task is being carried out, or waits for its turn
 * @U_TASK_STATE_SUSPENDED: the task does nothing until it is resumed; the state of a new task
 * @U_TASK_STATE_CANCELING: the task was cancelled and has not completed yet
 * @U_TASK_STATE_COMPLETED: the task is over, with or without an error
 *
 * Where a task stands.
 *
 * A task goes between running and suspended, from both to canceling, and from there or from running to completed,
 * which it never leaves.
 */
typedef enum {
  U_TASK_STATE_RUNNING,
  U_TASK_STATE_SUSPENDED,
  U_TASK_STATE_CANCELING,
  U_TASK_STATE_COMPLETED,
} UTaskState;

/**
 * UEventSourceState:
 * @U_EVENT_SOURCE_STATE_NEW: it was not opened yet
 * @U_EVENT_SOURCE_STATE_CONNECTING: there is no connection yet, or not any more; the next one is made
 * @U_EVENT_SOURCE_STATE_OPEN: events arrive
 * @U_EVENT_SOURCE_STATE_CLOSED: it is over; it can be opened again
 *
 * Where an event source stands.
 */
typedef enum {
  U_EVENT_SOURCE_STATE_NEW,
  U_EVENT_SOURCE_STATE_CONNECTING,
  U_EVENT_SOURCE_STATE_OPEN,
  U_EVENT_SOURCE_STATE_CLOSED,
} UEventSourceState;

/**
 * UFileConflict:
 * @U_FILE_CONFLICT_AUTOMATIC: replace where the application named the file, find another name where the server did
 * @U_FILE_CONFLICT_REPLACE: the new file takes the place of the old one, at once and only when it is whole
 * @U_FILE_CONFLICT_RENAME: the new file gets a number in its name
 * @U_FILE_CONFLICT_FAIL: the task fails with `U_ERROR_CANNOT_MOVE_FILE`
 *
 * What a download does when there is a file at its destination already.
 */
typedef enum {
  U_FILE_CONFLICT_AUTOMATIC,
  U_FILE_CONFLICT_REPLACE,
  U_FILE_CONFLICT_RENAME,
  U_FILE_CONFLICT_FAIL,
} UFileConflict;

/**
 * UFetchType:
 * @U_FETCH_TYPE_UNKNOWN: from nowhere: there was no response
 * @U_FETCH_TYPE_NETWORK_LOAD: from a server
 * @U_FETCH_TYPE_LOCAL_CACHE: from the cache of the session
 * @U_FETCH_TYPE_LOCAL: from this machine: a file, or a `data:` URL
 *
 * Where a response came from.
 */
typedef enum {
  U_FETCH_TYPE_UNKNOWN,
  U_FETCH_TYPE_NETWORK_LOAD,
  U_FETCH_TYPE_LOCAL_CACHE,
  U_FETCH_TYPE_LOCAL,
} UFetchType;

/**
 * UAuthenticationMethod:
 * @U_AUTHENTICATION_METHOD_DEFAULT: whatever the protocol has
 * @U_AUTHENTICATION_METHOD_HTTP_BASIC: user and password, in clear (RFC 7617)
 * @U_AUTHENTICATION_METHOD_HTTP_DIGEST: user and password, hashed (RFC 7616)
 * @U_AUTHENTICATION_METHOD_HTML_FORM: a form on a page; never asked by this library, for use in a credential storage
 * @U_AUTHENTICATION_METHOD_NTLM: user, domain and password in the manner of Windows
 * @U_AUTHENTICATION_METHOD_NEGOTIATE: Kerberos, with a ticket of the user (RFC 4559)
 * @U_AUTHENTICATION_METHOD_CLIENT_CERTIFICATE: a TLS certificate of the client
 * @U_AUTHENTICATION_METHOD_SERVER_TRUST: not who the user is, but whether the server is who it says
 *
 * How one side shows the other who it is.
 */
typedef enum {
  U_AUTHENTICATION_METHOD_DEFAULT,
  U_AUTHENTICATION_METHOD_HTTP_BASIC,
  U_AUTHENTICATION_METHOD_HTTP_DIGEST,
  U_AUTHENTICATION_METHOD_HTML_FORM,
  U_AUTHENTICATION_METHOD_NTLM,
  U_AUTHENTICATION_METHOD_NEGOTIATE,
  U_AUTHENTICATION_METHOD_CLIENT_CERTIFICATE,
  U_AUTHENTICATION_METHOD_SERVER_TRUST,
} UAuthenticationMethod;

/**
 * UCredentialPersistence:
 * @U_CREDENTIAL_PERSISTENCE_NONE: used for the one challenge that it answers
 * @U_CREDENTIAL_PERSISTENCE_FOR_SESSION: remembered by the credential storage, in memory
 * @U_CREDENTIAL_PERSISTENCE_PERMANENT: kept in the keyring of the user, where there is one
 *
 * How long a credential is kept.
 */
typedef enum {
  U_CREDENTIAL_PERSISTENCE_NONE,
  U_CREDENTIAL_PERSISTENCE_FOR_SESSION,
  U_CREDENTIAL_PERSISTENCE_PERMANENT,
} UCredentialPersistence;

/**
 * UWaitingReason:
 * @U_WAITING_REASON_NONE: the task does not wait
 * @U_WAITING_REASON_CONNECTION: for its turn: the host has as many connections as the configuration allows
 * @U_WAITING_REASON_DECISION: for the application to answer a question
 * @U_WAITING_REASON_CONNECTIVITY: for a network that leads to the host
 * @U_WAITING_REASON_CELLULAR: for a network that is not cellular
 * @U_WAITING_REASON_EXPENSIVE: for a network that is not metered
 * @U_WAITING_REASON_CONSTRAINED: for the end of a mode in which the machine saves data or power
 * @U_WAITING_REASON_RETRY: to try again after a failure
 *
 * What a running task waits for before it can go on.
 */
typedef enum {
  U_WAITING_REASON_NONE,
  U_WAITING_REASON_CONNECTION,
  U_WAITING_REASON_DECISION,
  U_WAITING_REASON_CONNECTIVITY,
  U_WAITING_REASON_CELLULAR,
  U_WAITING_REASON_EXPENSIVE,
  U_WAITING_REASON_CONSTRAINED,
  U_WAITING_REASON_RETRY,
} UWaitingReason;

/**
 * UFailureReason:
 * @U_FAILURE_REASON_NONE: the error says all there is to say
 * @U_FAILURE_REASON_CELLULAR: the network is cellular, which the request or the session does not allow
 * @U_FAILURE_REASON_EXPENSIVE: the network is metered, which the request or the session does not allow
 * @U_FAILURE_REASON_CONSTRAINED: data or power is being saved, and the request or the session respects that
 *
 * More about why a task failed.
 */
typedef enum {
  U_FAILURE_REASON_NONE,
  U_FAILURE_REASON_CELLULAR,
  U_FAILURE_REASON_EXPENSIVE,
  U_FAILURE_REASON_CONSTRAINED,
} UFailureReason;

/**
 * UCookieSameSite:
 * @U_COOKIE_SAME_SITE_UNSPECIFIED: the server said nothing; sent as with `none`
 * @U_COOKIE_SAME_SITE_NONE: sent whatever the load is a part of
 * @U_COOKIE_SAME_SITE_LAX: also sent when the main document is of another site, but only with methods that change
 *   nothing, such as GET
 * @U_COOKIE_SAME_SITE_STRICT: only sent when the main document is of the same site
 *
 * Whether a cookie is sent to its site with loads that another site caused.
 */
typedef enum {
  U_COOKIE_SAME_SITE_UNSPECIFIED,
  U_COOKIE_SAME_SITE_NONE,
  U_COOKIE_SAME_SITE_LAX,
  U_COOKIE_SAME_SITE_STRICT,
} UCookieSameSite;

/**
 * UCookieAcceptPolicy:
 * @U_COOKIE_ACCEPT_POLICY_ALWAYS: every cookie that a server may set
 * @U_COOKIE_ACCEPT_POLICY_NEVER: none
 * @U_COOKIE_ACCEPT_POLICY_ONLY_FROM_MAIN_DOCUMENT_DOMAIN: those from the site of the main document, so none from third
 *   parties; without a main document the URL of the load counts as one
 *
 * Which cookies of responses are stored.
 */
typedef enum {
  U_COOKIE_ACCEPT_POLICY_ALWAYS,
  U_COOKIE_ACCEPT_POLICY_NEVER,
  U_COOKIE_ACCEPT_POLICY_ONLY_FROM_MAIN_DOCUMENT_DOMAIN,
} UCookieAcceptPolicy;

/**
 * UWebSocketMessageKind:
 * @U_WEB_SOCKET_MESSAGE_KIND_TEXT: text, in UTF-8
 * @U_WEB_SOCKET_MESSAGE_KIND_BYTES: bytes of any kind
 *
 * What a message of a WebSocket is.
 */
typedef enum {
  U_WEB_SOCKET_MESSAGE_KIND_TEXT,
  U_WEB_SOCKET_MESSAGE_KIND_BYTES,
} UWebSocketMessageKind;

/**
 * UWebSocketCloseCode:
 * @U_WEB_SOCKET_CLOSE_CODE_NONE: the WebSocket is not closed
 * @U_WEB_SOCKET_CLOSE_CODE_NORMAL: 1000: it has served its purpose
 * @U_WEB_SOCKET_CLOSE_CODE_GOING_AWAY: 1001: the server goes down, or the application ends
 * @U_WEB_SOCKET_CLOSE_CODE_PROTOCOL_ERROR: 1002: the other side broke the protocol
 * @U_WEB_SOCKET_CLOSE_CODE_UNSUPPORTED_DATA: 1003: a kind of message that cannot be taken
 * @U_WEB_SOCKET_CLOSE_CODE_NO_STATUS: 1005: the other side gave no code; never sent
 * @U_WEB_SOCKET_CLOSE_CODE_ABNORMAL: 1006: the connection ended without a close frame; never sent
 * @U_WEB_SOCKET_CLOSE_CODE_INVALID_PAYLOAD: 1007: a message is not what it says, such as text that is not UTF-8
 * @U_WEB_SOCKET_CLOSE_CODE_POLICY_VIOLATION: 1008: a message goes against a rule of the other side
 * @U_WEB_SOCKET_CLOSE_CODE_MESSAGE_TOO_BIG: 1009: a message is too large
 * @U_WEB_SOCKET_CLOSE_CODE_MANDATORY_EXTENSION: 1010: the server did not agree to an extension
 * @U_WEB_SOCKET_CLOSE_CODE_INTERNAL_ERROR: 1011: something failed in the server
 * @U_WEB_SOCKET_CLOSE_CODE_TLS_FAILURE: 1015: the TLS handshake failed; never sent
 *
 * Why a WebSocket was closed: RFC 6455 section 7.4.1.
 *
 * Codes from 3000 to 4999 are for libraries and applications, so where a code is asked for it is a number.
 */
typedef enum {
  U_WEB_SOCKET_CLOSE_CODE_NONE = 0,
  U_WEB_SOCKET_CLOSE_CODE_NORMAL = 1000,
  U_WEB_SOCKET_CLOSE_CODE_GOING_AWAY = 1001,
  U_WEB_SOCKET_CLOSE_CODE_PROTOCOL_ERROR = 1002,
  U_WEB_SOCKET_CLOSE_CODE_UNSUPPORTED_DATA = 1003,
  U_WEB_SOCKET_CLOSE_CODE_NO_STATUS = 1005,
  U_WEB_SOCKET_CLOSE_CODE_ABNORMAL = 1006,
  U_WEB_SOCKET_CLOSE_CODE_INVALID_PAYLOAD = 1007,
  U_WEB_SOCKET_CLOSE_CODE_POLICY_VIOLATION = 1008,
  U_WEB_SOCKET_CLOSE_CODE_MESSAGE_TOO_BIG = 1009,
  U_WEB_SOCKET_CLOSE_CODE_MANDATORY_EXTENSION = 1010,
  U_WEB_SOCKET_CLOSE_CODE_INTERNAL_ERROR = 1011,
  U_WEB_SOCKET_CLOSE_CODE_TLS_FAILURE = 1015,
} UWebSocketCloseCode;

G_END_DECLS
