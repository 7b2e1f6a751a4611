/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <urlsession/base/u-macros.h>

G_BEGIN_DECLS

/**
 * UError:
 * @U_ERROR_UNKNOWN: something that no other code names
 * @U_ERROR_CANCELLED: the task was cancelled, by a call or by a decision
 * @U_ERROR_BAD_URL: the URL of the request is not a valid absolute URL
 * @U_ERROR_TIMED_OUT: the request or the resource timer ran out
 * @U_ERROR_UNSUPPORTED_URL: no loader serves the scheme of the URL, or it may not be loaded here
 * @U_ERROR_CANNOT_FIND_HOST: the name of the host does not exist
 * @U_ERROR_CANNOT_CONNECT_TO_HOST: the host refused the connection or cannot be reached
 * @U_ERROR_NETWORK_CONNECTION_LOST: the connection broke before the transfer was complete
 * @U_ERROR_DNS_LOOKUP_FAILED: the name of the host could not be looked up for the moment
 * @U_ERROR_TOO_MANY_REDIRECTS: more than twenty redirects in a row
 * @U_ERROR_RESOURCE_UNAVAILABLE: the resource is not to be had, for instance from a cache that must answer alone
 * @U_ERROR_NOT_CONNECTED_TO_INTERNET: there is no route to the network
 * @U_ERROR_REDIRECT_TO_NONEXISTENT_LOCATION: a redirect leads to a URL that cannot be loaded
 * @U_ERROR_BAD_SERVER_RESPONSE: the server broke the protocol
 * @U_ERROR_USER_CANCELLED_AUTHENTICATION: a question for credentials was cancelled
 * @U_ERROR_USER_AUTHENTICATION_REQUIRED: the server wants credentials and none were given
 * @U_ERROR_ZERO_BYTE_RESOURCE: the server closed the connection without a byte of an answer
 * @U_ERROR_CANNOT_DECODE_RAW_DATA: the body ended inside its transfer coding
 * @U_ERROR_CANNOT_DECODE_CONTENT_DATA: the body does not match its Content-Encoding, or ended inside it
 * @U_ERROR_CANNOT_PARSE_RESPONSE: the head of the response cannot be understood
 * @U_ERROR_INTERNATIONAL_ROAMING_OFF: the connection is roaming and roaming is off
 * @U_ERROR_CALL_IS_ACTIVE: a telephone call keeps the network busy
 * @U_ERROR_DATA_NOT_ALLOWED: the kind of network at hand is not allowed for this task
 * @U_ERROR_REQUEST_BODY_STREAM_EXHAUSTED: the body had to be sent again and there was no second one
 * @U_ERROR_TRANSPORT_SECURITY_REQUIRES_SECURE_CONNECTION: the transport security policy refuses an insecure load
 * @U_ERROR_FILE_DOES_NOT_EXIST: a file to read does not exist
 * @U_ERROR_FILE_IS_DIRECTORY: a file to read is a directory
 * @U_ERROR_NO_PERMISSIONS_TO_READ_FILE: a file may not be read
 * @U_ERROR_DATA_LENGTH_EXCEEDS_MAXIMUM: a body is larger than a limit that was set
 * @U_ERROR_FILE_OUTSIDE_SAFE_AREA: a file lies outside of the folder it must be in
 * @U_ERROR_SECURE_CONNECTION_FAILED: the TLS handshake failed
 * @U_ERROR_SERVER_CERTIFICATE_HAS_BAD_DATE: the certificate of the server has expired
 * @U_ERROR_SERVER_CERTIFICATE_UNTRUSTED: the certificate of the server is not valid for it
 * @U_ERROR_SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT: no trusted authority signed the certificate of the server
 * @U_ERROR_SERVER_CERTIFICATE_NOT_YET_VALID: the certificate of the server is not valid yet
 * @U_ERROR_CLIENT_CERTIFICATE_REJECTED: the server did not accept the certificate of the client
 * @U_ERROR_CLIENT_CERTIFICATE_REQUIRED: the server wants a certificate of the client
 * @U_ERROR_CANNOT_LOAD_FROM_NETWORK: only the cache was allowed and it has no answer
 * @U_ERROR_CANNOT_CREATE_FILE: the file of a download cannot be created
 * @U_ERROR_CANNOT_OPEN_FILE: the file of a download cannot be opened
 * @U_ERROR_CANNOT_CLOSE_FILE: the file of a download cannot be closed
 * @U_ERROR_CANNOT_WRITE_TO_FILE: the file of a download cannot be written, for instance because the disk is full
 * @U_ERROR_CANNOT_REMOVE_FILE: a file cannot be removed
 * @U_ERROR_CANNOT_MOVE_FILE: the file of a download cannot be moved to its destination
 * @U_ERROR_DOWNLOAD_DECODING_FAILED_MID_STREAM: a download could not be decoded in the middle
 * @U_ERROR_DOWNLOAD_DECODING_FAILED_TO_COMPLETE: a download could not be decoded at its end
 * @U_ERROR_BACKGROUND_SESSION_REQUIRES_SHARED_CONTAINER: a background session needs a folder that both sides can reach
 * @U_ERROR_BACKGROUND_SESSION_IN_USE_BY_ANOTHER_PROCESS: another process owns the identifier of the session
 * @U_ERROR_BACKGROUND_SESSION_WAS_DISCONNECTED: the connection to the transfer service is gone
 * @U_ERROR_BAD_HEADER: the name or the value of a header field is not allowed
 * @U_ERROR_NOT_RESUMABLE: the transfer cannot be resumed later
 * @U_ERROR_DIGEST_MISMATCH: the body does not have the digest that was expected
 * @U_ERROR_SESSION_INVALIDATED: the session was invalidated and makes no more tasks
 * @U_ERROR_UNSUPPORTED_BY_SESSION: this kind of session does not carry out that kind of task
 * @U_ERROR_CANNOT_PARSE_JSON: the body is not valid JSON
 *
 * What can go wrong with a task, in the domain `U_ERROR`.
 *
 * A response with an HTTP error status is not an error of the task: it is delivered as a response.
 */
typedef enum {
  U_ERROR_UNKNOWN,
  U_ERROR_CANCELLED,
  U_ERROR_BAD_URL,
  U_ERROR_TIMED_OUT,
  U_ERROR_UNSUPPORTED_URL,
  U_ERROR_CANNOT_FIND_HOST,
  U_ERROR_CANNOT_CONNECT_TO_HOST,
  U_ERROR_NETWORK_CONNECTION_LOST,
  U_ERROR_DNS_LOOKUP_FAILED,
  U_ERROR_TOO_MANY_REDIRECTS,
  U_ERROR_RESOURCE_UNAVAILABLE,
  U_ERROR_NOT_CONNECTED_TO_INTERNET,
  U_ERROR_REDIRECT_TO_NONEXISTENT_LOCATION,
  U_ERROR_BAD_SERVER_RESPONSE,
  U_ERROR_USER_CANCELLED_AUTHENTICATION,
  U_ERROR_USER_AUTHENTICATION_REQUIRED,
  U_ERROR_ZERO_BYTE_RESOURCE,
  U_ERROR_CANNOT_DECODE_RAW_DATA,
  U_ERROR_CANNOT_DECODE_CONTENT_DATA,
  U_ERROR_CANNOT_PARSE_RESPONSE,
  U_ERROR_INTERNATIONAL_ROAMING_OFF,
  U_ERROR_CALL_IS_ACTIVE,
  U_ERROR_DATA_NOT_ALLOWED,
  U_ERROR_REQUEST_BODY_STREAM_EXHAUSTED,
  U_ERROR_TRANSPORT_SECURITY_REQUIRES_SECURE_CONNECTION,
  U_ERROR_FILE_DOES_NOT_EXIST,
  U_ERROR_FILE_IS_DIRECTORY,
  U_ERROR_NO_PERMISSIONS_TO_READ_FILE,
  U_ERROR_DATA_LENGTH_EXCEEDS_MAXIMUM,
  U_ERROR_FILE_OUTSIDE_SAFE_AREA,
  U_ERROR_SECURE_CONNECTION_FAILED,
  U_ERROR_SERVER_CERTIFICATE_HAS_BAD_DATE,
  U_ERROR_SERVER_CERTIFICATE_UNTRUSTED,
  U_ERROR_SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT,
  U_ERROR_SERVER_CERTIFICATE_NOT_YET_VALID,
  U_ERROR_CLIENT_CERTIFICATE_REJECTED,
  U_ERROR_CLIENT_CERTIFICATE_REQUIRED,
  U_ERROR_CANNOT_LOAD_FROM_NETWORK,
  U_ERROR_CANNOT_CREATE_FILE,
  U_ERROR_CANNOT_OPEN_FILE,
  U_ERROR_CANNOT_CLOSE_FILE,
  U_ERROR_CANNOT_WRITE_TO_FILE,
  U_ERROR_CANNOT_REMOVE_FILE,
  U_ERROR_CANNOT_MOVE_FILE,
  U_ERROR_DOWNLOAD_DECODING_FAILED_MID_STREAM,
  U_ERROR_DOWNLOAD_DECODING_FAILED_TO_COMPLETE,
  U_ERROR_BACKGROUND_SESSION_REQUIRES_SHARED_CONTAINER,
  U_ERROR_BACKGROUND_SESSION_IN_USE_BY_ANOTHER_PROCESS,
  U_ERROR_BACKGROUND_SESSION_WAS_DISCONNECTED,
  U_ERROR_BAD_HEADER,
  U_ERROR_NOT_RESUMABLE,
  U_ERROR_DIGEST_MISMATCH,
  U_ERROR_SESSION_INVALIDATED,
  U_ERROR_UNSUPPORTED_BY_SESSION,
  U_ERROR_CANNOT_PARSE_JSON,
} UError;

/**
 * U_ERROR:
 *
 * The error domain of the library. Its codes are those of [enum@Error].
 */
#define U_ERROR (u_error_quark ())

U_AVAILABLE_IN_ALL
GQuark u_error_quark (void);

G_END_DECLS
