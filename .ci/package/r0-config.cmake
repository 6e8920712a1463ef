# find_package(r0) brings
#   r0::r0        the header alone: one file of the program defines R0_IMPLEMENTATION and includes r0.h
#   r0::library   the implementation, compiled: no file defines R0_IMPLEMENTATION
get_filename_component(R0_PREFIX "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
find_package(Threads REQUIRED)
if(NOT TARGET r0::r0)
    add_library(r0::r0 INTERFACE IMPORTED)
    set_target_properties(r0::r0 PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${R0_PREFIX}/include")
    if(NOT MSVC)
        # The same seed gives the same bits: no a*b+c is contracted.
        set_target_properties(r0::r0 PROPERTIES INTERFACE_COMPILE_OPTIONS -ffp-contract=off)
    endif()
    set(R0_SYSTEM Threads::Threads ${CMAKE_DL_LIBS})
    if(UNIX)
        list(APPEND R0_SYSTEM m)
    endif()
    set_target_properties(r0::r0 PROPERTIES INTERFACE_LINK_LIBRARIES "${R0_SYSTEM}")
endif()
if(NOT TARGET r0::library AND EXISTS "${R0_PREFIX}/lib/libr0.a")
    add_library(r0::library STATIC IMPORTED)
    set_target_properties(r0::library PROPERTIES IMPORTED_LOCATION "${R0_PREFIX}/lib/libr0.a"
                          INTERFACE_LINK_LIBRARIES r0::r0)
endif()
set(r0_FOUND TRUE)
