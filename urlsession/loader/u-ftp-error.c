/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-ftp-error-private.h"

#include <errno.h>
#include <string.h>

#define OF_ANY_REPLY 0

/* The first row that fits. The sentence has one %s: the URL. */
static const struct
{
  CURLcode code;
  long reply;
  UError mapped;
  const char *sentence;
} rows[] = {
  { CURLE_UNSUPPORTED_PROTOCOL, OF_ANY_REPLY, U_ERROR_UNSUPPORTED_URL, "The libcurl at hand cannot load %s" },
  { CURLE_NOT_BUILT_IN, OF_ANY_REPLY, U_ERROR_UNSUPPORTED_URL, "The libcurl at hand cannot load %s" },
  { CURLE_URL_MALFORMAT, OF_ANY_REPLY, U_ERROR_BAD_URL, "“%s” is not a URL that can be loaded" },
  { CURLE_COULDNT_RESOLVE_PROXY, OF_ANY_REPLY, U_ERROR_CANNOT_FIND_HOST,
    "The host of the proxy on the way to %s does not exist" },
  { CURLE_COULDNT_RESOLVE_HOST, OF_ANY_REPLY, U_ERROR_CANNOT_FIND_HOST, "The host of %s does not exist" },
  { CURLE_COULDNT_CONNECT, OF_ANY_REPLY, U_ERROR_CANNOT_CONNECT_TO_HOST, "Cannot connect to the server of %s" },
  { CURLE_PROXY, OF_ANY_REPLY, U_ERROR_CANNOT_CONNECT_TO_HOST, "A proxy on the way to %s refused the connection" },
  { CURLE_FTP_WEIRD_PASV_REPLY, OF_ANY_REPLY, U_ERROR_CANNOT_CONNECT_TO_HOST,
    "The server of %s offers no connection for the data" },
  { CURLE_FTP_WEIRD_227_FORMAT, OF_ANY_REPLY, U_ERROR_BAD_SERVER_RESPONSE, "The server of %s broke the protocol" },
  { CURLE_FTP_CANT_GET_HOST, OF_ANY_REPLY, U_ERROR_CANNOT_CONNECT_TO_HOST,
    "The server of %s offers no connection for the data" },
  { CURLE_WEIRD_SERVER_REPLY, OF_ANY_REPLY, U_ERROR_BAD_SERVER_RESPONSE, "The server of %s broke the protocol" },
  { CURLE_FTP_WEIRD_PASS_REPLY, OF_ANY_REPLY, U_ERROR_BAD_SERVER_RESPONSE, "The server of %s broke the protocol" },
  { CURLE_FTP_COULDNT_SET_TYPE, OF_ANY_REPLY, U_ERROR_BAD_SERVER_RESPONSE, "The server of %s broke the protocol" },
  { CURLE_FTP_BAD_FILE_LIST, OF_ANY_REPLY, U_ERROR_BAD_SERVER_RESPONSE, "The server of %s broke the protocol" },
  { CURLE_FTP_PRET_FAILED, OF_ANY_REPLY, U_ERROR_BAD_SERVER_RESPONSE, "The server of %s broke the protocol" },
  { CURLE_FTP_COULDNT_USE_REST, OF_ANY_REPLY, U_ERROR_BAD_SERVER_RESPONSE,
    "The server of %s does not go on from the middle of a file" },
  { CURLE_REMOTE_ACCESS_DENIED, OF_ANY_REPLY, U_ERROR_FILE_DOES_NOT_EXIST,
    "The folder of %s does not exist on the server, or may not be entered" },
  { CURLE_REMOTE_FILE_NOT_FOUND, OF_ANY_REPLY, U_ERROR_FILE_DOES_NOT_EXIST,
    "%s does not exist on the server, or may not be read" },
  { CURLE_FTP_COULDNT_RETR_FILE, 550, U_ERROR_FILE_DOES_NOT_EXIST,
    "%s does not exist on the server, or may not be read" },
  { CURLE_FTP_COULDNT_RETR_FILE, 421, U_ERROR_NETWORK_CONNECTION_LOST, "The server closed the connection for %s" },
  { CURLE_FTP_COULDNT_RETR_FILE, 425, U_ERROR_CANNOT_CONNECT_TO_HOST,
    "The server of %s could not open a connection for the data" },
  { CURLE_FTP_COULDNT_RETR_FILE, OF_ANY_REPLY, U_ERROR_RESOURCE_UNAVAILABLE, "The server does not hand out %s" },
  { CURLE_UPLOAD_FAILED, OF_ANY_REPLY, U_ERROR_RESOURCE_UNAVAILABLE, "The server does not let %s be written" },
  { CURLE_REMOTE_DISK_FULL, OF_ANY_REPLY, U_ERROR_RESOURCE_UNAVAILABLE, "The server has no room for %s" },
  { CURLE_REMOTE_FILE_EXISTS, OF_ANY_REPLY, U_ERROR_RESOURCE_UNAVAILABLE, "%s exists already" },
  { CURLE_LOGIN_DENIED, OF_ANY_REPLY, U_ERROR_USER_AUTHENTICATION_REQUIRED, "The server of %s does not let us in" },
  { CURLE_PARTIAL_FILE, OF_ANY_REPLY, U_ERROR_NETWORK_CONNECTION_LOST,
    "The transfer of %s ended before it was complete" },
  { CURLE_GOT_NOTHING, OF_ANY_REPLY, U_ERROR_NETWORK_CONNECTION_LOST, "The connection was lost while loading %s" },
  { CURLE_SEND_ERROR, OF_ANY_REPLY, U_ERROR_NETWORK_CONNECTION_LOST, "The connection was lost while loading %s" },
  { CURLE_RECV_ERROR, OF_ANY_REPLY, U_ERROR_NETWORK_CONNECTION_LOST, "The connection was lost while loading %s" },
  { CURLE_OPERATION_TIMEDOUT, 421, U_ERROR_NETWORK_CONNECTION_LOST, "The server closed the connection for %s" },
  { CURLE_OPERATION_TIMEDOUT, OF_ANY_REPLY, U_ERROR_TIMED_OUT, "The server of %s did not answer in time" },
  { CURLE_FTP_ACCEPT_TIMEOUT, OF_ANY_REPLY, U_ERROR_TIMED_OUT, "The server of %s did not answer in time" },
  { CURLE_USE_SSL_FAILED, OF_ANY_REPLY, U_ERROR_SECURE_CONNECTION_FAILED, "The server of %s does not speak TLS" },
  { CURLE_SSL_CONNECT_ERROR, OF_ANY_REPLY, U_ERROR_SECURE_CONNECTION_FAILED,
    "Cannot make a secure connection to the server of %s" },
  { CURLE_SSL_CIPHER, OF_ANY_REPLY, U_ERROR_SECURE_CONNECTION_FAILED,
    "Cannot make a secure connection to the server of %s" },
  { CURLE_SSL_CERTPROBLEM, OF_ANY_REPLY, U_ERROR_SECURE_CONNECTION_FAILED,
    "Cannot make a secure connection to the server of %s" },
  { CURLE_SSL_ISSUER_ERROR, OF_ANY_REPLY, U_ERROR_SECURE_CONNECTION_FAILED,
    "Cannot make a secure connection to the server of %s" },
  { CURLE_SSL_CACERT_BADFILE, OF_ANY_REPLY, U_ERROR_SECURE_CONNECTION_FAILED,
    "The certificates to trust in, which are needed for %s, cannot be read" },
  { CURLE_ABORTED_BY_CALLBACK, OF_ANY_REPLY, U_ERROR_CANCELLED, "The load of %s was cancelled" },
};

/* What is wrong with a certificate: by the number of OpenSSL (X509_V_ERR_...), or by what libcurl says with GnuTLS,
 * which has no number for it. */
static const struct
{
  long verify_result;
  const char *text;           /* nullable */
  UError mapped;
  const char *sentence;
} certificate_rows[] = {
  { 10, "expiration date has passed", U_ERROR_SERVER_CERTIFICATE_HAS_BAD_DATE,
    "The certificate of the server of %s has expired, or the clock is wrong" },
  { 9, "not activated yet", U_ERROR_SERVER_CERTIFICATE_NOT_YET_VALID,
    "The certificate of the server of %s is not valid yet, or the clock is wrong" },
  { 2, NULL, U_ERROR_SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT,
    "No trusted authority signed the certificate of the server of %s" },
  { 18, "certificate verification failed", U_ERROR_SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT,
    "No trusted authority signed the certificate of the server of %s" },
  { 19, "certificate signer not found", U_ERROR_SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT,
    "No trusted authority signed the certificate of the server of %s" },
  { 20, NULL, U_ERROR_SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT,
    "No trusted authority signed the certificate of the server of %s" },
  { 21, NULL, U_ERROR_SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT,
    "No trusted authority signed the certificate of the server of %s" },
};

static UError
find (const UFtpFailure *failure, const char **sentence)
{
  if (failure->code == CURLE_PEER_FAILED_VERIFICATION)
    {
      for (guint i = 0; i < G_N_ELEMENTS (certificate_rows); i++)
        {
          if ((failure->openssl && failure->verify_result == certificate_rows[i].verify_result) ||
              (!failure->openssl && failure->text != NULL && certificate_rows[i].text != NULL &&
               strstr (failure->text, certificate_rows[i].text) != NULL))
            {
              *sentence = certificate_rows[i].sentence;
              return certificate_rows[i].mapped;
            }
        }
      *sentence = "The certificate of the server of %s is not valid for it";
      return U_ERROR_SERVER_CERTIFICATE_UNTRUSTED;
    }

  if (failure->code == CURLE_COULDNT_CONNECT && failure->os_error == ENETUNREACH)
    {
      *sentence = "There is no network that leads to %s";
      return U_ERROR_NOT_CONNECTED_TO_INTERNET;
    }

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      if (rows[i].code == failure->code && (rows[i].reply == OF_ANY_REPLY || rows[i].reply == failure->reply))
        {
          *sentence = rows[i].sentence;
          return rows[i].mapped;
        }
    }
  *sentence = "%s cannot be loaded";

  return U_ERROR_UNKNOWN;
}

UError
u_ftp_error_code (const UFtpFailure *failure)
{
  const char *sentence;

  return find (failure, &sentence);
}

GError *
u_ftp_error_new (const UFtpFailure *failure, const char *masked_url)
{
  const char *sentence;
  UError code = find (failure, &sentence);
  const char *hole = strstr (sentence, "%s");
  g_autoptr (GString) message = g_string_new (NULL);

  g_string_append_len (message, sentence, hole - sentence);
  g_string_append (message, masked_url);
  g_string_append (message, hole + 2);
  if (failure->reply > 0)
    g_string_append_printf (message, " (its reply was %ld).", failure->reply);
  else
    g_string_append_printf (message, " (%s).", curl_easy_strerror (failure->code));

  return g_error_new_literal (U_ERROR, code, message->str);
}
