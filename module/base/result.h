/* SPDX-License-Identifier: Apache-2.0
 *
 * The one error type of the module.
 *
 * A function that can fail returns an enum result, and the caller must look at it. A result says
 * WHAT went wrong in the words of the protocol; which SECURITY_STATUS an entry returns for it is
 * winpr-glue/host/status.c's to say.
 *
 *   TRY(f())               leaves the function with f's result when that is not RESULT_OK
 *   REQUIRE(cond, RESULT)  leaves the function with RESULT when cond does not hold
 *
 * Both are for functions that own nothing at that point. Where something is owned,
 *
 *   if ((result = f()) != RESULT_OK)
 *       goto out;
 *
 * and what is owned is freed behind `out:`, on the one way out.
 */
#ifndef NEGOSSP_BASE_RESULT_H
#define NEGOSSP_BASE_RESULT_H

#if defined(__GNUC__) || defined(__clang__)
#define MUST_USE __attribute__((warn_unused_result))
#else
#define MUST_USE
#endif

enum result
{
	RESULT_OK = 0,
	/* what the peer sent */
	RESULT_MALFORMED,       /* it does not parse, or breaks a rule of its own format */
	RESULT_OUT_OF_SEQUENCE, /* well formed, but not what may come now */
	RESULT_ALTERED,         /* a MIC or a signature is wrong, or a needed one is missing */
	RESULT_BAD_BINDINGS,    /* channel bindings differ from ours, or are missing where required */
	RESULT_WRONG_TARGET,    /* the target name (SPN) is not one of ours */
	RESULT_REJECTED,        /* the peer said so (negState reject) */
	RESULT_NO_COMMON_MECH,  /* no mechanism both sides have */
	/* who wants in */
	RESULT_LOGON_DENIED,         /* wrong password or unknown user: never told apart */
	RESULT_ACCOUNT_DISABLED,     /* only ever after the proof was right */
	RESULT_PASSWORD_EXPIRED,     /* likewise */
	RESULT_PASSWORD_MUST_CHANGE, /* likewise */
	RESULT_ACCOUNT_EXPIRED,      /* likewise */
	RESULT_LOGON_HOURS,          /* likewise: not at this hour */
	RESULT_WORKSTATION,          /* likewise: not from this computer */
	RESULT_NOT_ADMITTED,         /* likewise: not here */
	RESULT_ACCOUNT_LOCKED,       /* locked out, whatever the proof is: not for the client to know */
	RESULT_NOT_JUDGED,           /* nobody looked at the proof: not for the client to know either */
	RESULT_NO_CREDENTIALS,       /* nothing to log on with, or nothing to check a logon against */
	RESULT_POLICY,               /* configuration or FIPS forbids what is asked for */
	/* what the caller did */
	RESULT_INVALID_ARGUMENT,
	RESULT_TARGET_UNKNOWN,   /* the target name is no text */
	RESULT_BUFFER_TOO_SMALL, /* the caller's output buffer cannot hold the token */
	RESULT_UNSUPPORTED,
	/* this machine */
	RESULT_NO_MEMORY,
	RESULT_CRYPTO,  /* OpenSSL failed or lacks an algorithm */
	RESULT_INTERNAL /* a defect of our own; never caused by input */
};

/* The result's name without its prefix, for logs and tests: a literal, never NULL. */
const char* result_name(enum result result);

#define TRY(call)                                                                                  \
	do                                                                                             \
	{                                                                                              \
		const enum result try_ = (call);                                                           \
		if (try_ != RESULT_OK)                                                                     \
			return try_;                                                                           \
	} while (0)

#define REQUIRE(condition, result_value)                                                           \
	do                                                                                             \
	{                                                                                              \
		if (!(condition))                                                                          \
			return (result_value);                                                                 \
	} while (0)

#endif
