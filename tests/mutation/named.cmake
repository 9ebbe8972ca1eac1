# negossp_mutation_plan(PROGRAMS...): how each of these is linked once more, with a mutant's object before the
# archives, into plan.json in the current build folder (see named.py).
function(negossp_mutation_plan)
  set(entries "")
  foreach(program ${ARGN})
    list(APPEND entries "\"${program}\": {\n    \"objects\": \"$<TARGET_OBJECTS:${program}>\",\n    \"options\": \"$<TARGET_PROPERTY:${program},LINK_OPTIONS>\"}")
  endforeach()
  list(JOIN entries ",\n  " entries)
  file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/plan.json CONTENT "{
  \"compiler\": \"${NEGOSSP_CC}\",
  \"flags\": \"${CMAKE_C_FLAGS} $<$<CONFIG:Debug>:${CMAKE_C_FLAGS_DEBUG}>$<$<CONFIG:Release>:${CMAKE_C_FLAGS_RELEASE}>$<$<CONFIG:RelWithDebInfo>:${CMAKE_C_FLAGS_RELWITHDEBINFO}> ${CMAKE_EXE_LINKER_FLAGS}\",
  \"options\": \"$<TARGET_PROPERTY:negossp_options,INTERFACE_LINK_OPTIONS>\",
  \"libraries\": \"$<TARGET_FILE:spnego_test_support>;$<TARGET_FILE:credssp_test_support>;$<TARGET_FILE:credssp_pair>;$<TARGET_FILE:ntlm_test_support>;$<TARGET_FILE:credssp>;$<TARGET_FILE:negossp_module>;$<TARGET_PROPERTY:PkgConfig::CMOCKA,INTERFACE_LINK_LIBRARIES>;${OPENSSL_CRYPTO_LIBRARY};-pthread\",
  \"commands\": \"${CMAKE_BINARY_DIR}/compile_commands.json\",
  \"sources\": \"${PROJECT_SOURCE_DIR}\",
  \"programs\": {
  ${entries}}
}
")
endfunction()
