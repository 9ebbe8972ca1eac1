# What a build hardens by itself. A builder's own flags come first: what CFLAGS or LDFLAGS speak of already is not
# said again, the other way round or with another number.
include(CheckCCompilerFlag)
include(CheckLinkerFlag)
include(CheckCSourceCompiles)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C) # programs are linked as they are compiled

# negossp_harden(VARIABLE SPOKEN-OF FLAG...): the first flag that the compiler knows, unless the builder's flags match.
function(negossp_harden variable spoken_of)
  set(${variable} "" PARENT_SCOPE)
  if("${CMAKE_C_FLAGS} ${CMAKE_EXE_LINKER_FLAGS} ${CMAKE_MODULE_LINKER_FLAGS}" MATCHES "${spoken_of}")
    return()
  endif()
  foreach(flag ${ARGN})
    string(MAKE_C_IDENTIFIER "NEGOSSP_HAS${flag}" known)
    if(flag MATCHES "^-Wl,")
      check_linker_flag(C ${flag} ${known})
    else()
      check_c_compiler_flag("-Werror ${flag}" ${known})
    endif()
    if(${known})
      set(${variable} ${flag} PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# A sanitizer sees more, and fortified functions hide what it looks for.
if(NOT NEGOSSP_SANITIZE AND NOT NEGOSSP_COVERAGE)
  # The strong one costs what is loaded into every client and server 8 KiB of 180, and so is for the programs alone.
  negossp_harden(strong "-f(no-)?stack-protector" -fstack-protector-strong -fstack-protector)
  negossp_harden(plain "-f(no-)?stack-protector" -fstack-protector)
  target_compile_options(negossp_options INTERFACE
      "$<IF:$<BOOL:$<TARGET_PROPERTY:NEGOSSP_IN_MODULE>>,${plain},${strong}>")
  negossp_harden(clash "-f(no-)?stack-clash-protection" -fstack-clash-protection)
  negossp_harden(control "-fcf-protection|-mbranch-protection" -fcf-protection -mbranch-protection=standard)
  target_compile_options(negossp_options INTERFACE ${clash} ${control})

  # glibc speaks up where nothing is optimised.
  if(NOT CMAKE_C_FLAGS MATCHES "_FORTIFY_SOURCE")
    set(CMAKE_REQUIRED_FLAGS "-Werror -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
    check_c_source_compiles("#include <string.h>\nint main(void) { return (int)strlen(\"\"); }" NEGOSSP_HAS_FORTIFY_3)
    unset(CMAKE_REQUIRED_FLAGS)
    target_compile_options(negossp_options INTERFACE
        "$<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=$<IF:$<BOOL:${NEGOSSP_HAS_FORTIFY_3}>,3,2>>")
  endif()
endif()

negossp_harden(relocated "-z,(no)?relro" -Wl,-z,relro)
negossp_harden(bound "-z,(now|lazy)" -Wl,-z,now)
target_link_options(negossp_options INTERFACE ${relocated} ${bound})

# Two builds of one source are the same bytes wherever it lies; a debugger wants the folder.
negossp_harden(map "-f(file|debug)-prefix-map" -ffile-prefix-map=a=b)
if(map)
  set(mapped "$<$<NOT:$<CONFIG:Debug>>:-ffile-prefix-map=${PROJECT_BINARY_DIR}=build;-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.>")
  target_compile_options(negossp_options INTERFACE "${mapped}")
  target_link_options(negossp_options INTERFACE "${mapped}") # where it is compiled when it is linked
endif()

# Relocations in a sixth of their room, which pays for the above. The loader has to know them: glibc 2.36's does.
set(CMAKE_REQUIRED_LINK_OPTIONS -Wl,-z,pack-relative-relocs,--fatal-warnings)
check_c_source_compiles("
    #include <features.h>
    #if !defined(__GLIBC__) || !__GLIBC_PREREQ(2, 36)
    #error
    #endif
    int main(void) { return 0; }" NEGOSSP_HAS_RELR)
unset(CMAKE_REQUIRED_LINK_OPTIONS)
if(NEGOSSP_HAS_RELR AND NOT CMAKE_MODULE_LINKER_FLAGS MATCHES "pack-relative-relocs")
  set(NEGOSSP_PACKED -Wl,-z,pack-relative-relocs)
endif()
