# SPDX-License-Identifier: Apache-2.0
"""Breaks what keeps the man in the middle out, one thing at a time, and requires the search to find the
run that this lets through: test_mutations.py PLAN"""

import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "mutation"))

# pylint: disable=wrong-import-position
import named
from mutations import ACCEPTOR, INITIATOR, Mutation

NTLM_ACCEPTOR = "module/ntlm/acceptor.c"
VERIFY = "module/ntlm/verify.c"
SEAL = "module/ntlm/seal.c"
KEYS = "module/ntlm/keys.c"
NTLM_INITIATOR = "module/ntlm/initiator.c"
DECIDE = "module/spnego/decide.c"

MUTATIONS = (
    Mutation("acceptor_takes_any_mic", "the client's mechListMIC may be wrong", ACCEPTOR,
             "if (!facts->mic_ok)",
             "if (false)"),
    Mutation("initiator_takes_any_mic", "the server's mechListMIC may be wrong", INITIATOR,
             "if (!facts->mic_ok)",
             "if (false)"),
    Mutation("initiator_misses_no_mic", "a mechListMIC taken out on the way is not missed", INITIATOR,
             "if (needed && !verified)",
             "if (false)"),
    Mutation("acceptor_misses_no_mic", "the client's mechListMIC is not asked for", ACCEPTOR,
             "	if (needed)\n		return send_resp(state, ACCEPTOR_AWAIT_MIC, true);\n",
             ""),
    Mutation("initiator_follows_unprotected", "another mechanism than the first needs no mechListMIC", INITIATOR,
             "return spnego_act(INITIATOR_LEGS_MIC, ACTION_SWITCH);",
             "return spnego_act(INITIATOR_LEGS, ACTION_SWITCH);"),
    Mutation("acceptor_chooses_unprotected", "the same at the acceptor", ACCEPTOR,
             "return send_choice(ACCEPTOR_LEGS_MIC, NEG_STATE_REQUEST_MIC);",
             "return send_choice(ACCEPTOR_LEGS, NEG_STATE_ACCEPT_INCOMPLETE);"),
    Mutation("acceptor_falls_back", "a broken token makes it take the next mechanism", ACCEPTOR,
             "	if (facts->step != STEP_OK)\n		return spnego_fail_mech();\n	if (!facts->complete)\n",
             "	if (facts->step != STEP_OK)\n		return state == ACCEPTOR_FIRST ? spnego_act(ACCEPTOR_CHOOSING, "
             "ACTION_CHOOSE) : spnego_fail_mech();\n	if (!facts->complete)\n"),
    Mutation("proof_is_not_compared", "any NTProofStr is right for a known user", VERIFY,
             "result = (right && known) ?",
             "result = known ?"),
    Mutation("mic_is_not_compared", "the MIC over the NTLM messages may be wrong", NTLM_ACCEPTOR,
             "	if (!right)\n",
             "	if (false)\n"),
    Mutation("time_need_not_come_back", "who takes the time out of CHALLENGE takes the MIC out", NTLM_ACCEPTOR,
             "	TRY(acceptor_check_echo(context, view));\n",
             "	(void)acceptor_check_echo(context, view);\n"),
    Mutation("nobody_is_let_in", "anonymous logons are taken whatever the policy", NTLM_ACCEPTOR,
             "if (context->credential->policy.allow_anonymous)",
             "if (true)"),
    Mutation("directions_share_keys", "what an end signed and sealed is good in the other direction", SEAL,
             "= role == MECH_INITIATOR,\n		                        .receive.from_initiator = role != MECH_INITIATOR }",
             "= true, .receive.from_initiator = true }"),
    Mutation("directions_share_a_stream", "what both ends seal is hidden by one key stream", KEYS,
             "from_initiator ? MAGIC(\"session key to client-to-server sealing",
             "true ? MAGIC(\"session key to client-to-server sealing"),
    Mutation("message_is_not_compared", "a sealed message may be anybody's", SEAL,
             "result = secret_equal(BYTES_OF(expected), trailer) ? RESULT_OK : RESULT_ALTERED;",
             "result = RESULT_OK;"),
    Mutation("mic_needs_no_room", "who takes the MIC's bytes out takes the MIC out", NTLM_ACCEPTOR,
             "	WELL_FORMED(view->authenticate.mic_offset != 0, &context->fault,\n"
             "	            \"the MIC that MsvAvFlags announces\", \"has no room\");\n",
             "	if (view->authenticate.mic_offset == 0)\n		return RESULT_OK;\n"),
    Mutation("initiator_takes_any_flags", "the server need not offer what was asked for", NTLM_INITIATOR,
             "	if (objection)\n",
             "	if (false)\n"),
    Mutation("complete_is_no_end", "an end that is complete takes more", DECIDE,
             "return spnego_fail(RESULT_OUT_OF_SEQUENCE,\n			                   \"a token came after the exchange was "
             "complete\");",
             "return spnego_act(SPNEGO_DONE, ACTION_COMPLETE);"),
)

sys.exit(named.main(MUTATIONS, sys.argv[1]))
