/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The names of all public types, so that a lower layer can speak of an object that a higher one defines. */

typedef struct _UAuthenticationChallenge UAuthenticationChallenge;
typedef struct _UBodyStreamRequest UBodyStreamRequest;
typedef struct _UCookie UCookie;
typedef struct _UCookieStorage UCookieStorage;
typedef struct _UCredential UCredential;
typedef struct _UCredentialStorage UCredentialStorage;
typedef struct _UDataTask UDataTask;
typedef struct _UDecision UDecision;
typedef struct _UDownloadTask UDownloadTask;
typedef struct _UEventSource UEventSource;
typedef struct _UFormData UFormData;
typedef struct _UHeaders UHeaders;
typedef struct _UHttpResponse UHttpResponse;
typedef struct _UProtectionSpace UProtectionSpace;
typedef struct _UProtocol UProtocol;
typedef struct _UProtocolLoad UProtocolLoad;
typedef struct _URedirectDecision URedirectDecision;
typedef struct _URequest URequest;
typedef struct _UResponse UResponse;
typedef struct _UResponseDecision UResponseDecision;
typedef struct _URetryPolicy URetryPolicy;
typedef struct _UServerEvent UServerEvent;
typedef struct _UServerTrust UServerTrust;
typedef struct _USession USession;
typedef struct _USessionConfiguration USessionConfiguration;
typedef struct _UStreamTask UStreamTask;
typedef struct _UTask UTask;
typedef struct _UTaskMetrics UTaskMetrics;
typedef struct _UTransactionMetrics UTransactionMetrics;
typedef struct _UTransportException UTransportException;
typedef struct _UTransportSecurity UTransportSecurity;
typedef struct _UUploadTask UUploadTask;
typedef struct _UWebSocketMessage UWebSocketMessage;
typedef struct _UWebSocketTask UWebSocketTask;
