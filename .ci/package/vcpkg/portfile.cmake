# An overlay port of a checkout: vcpkg install r0 --overlay-ports=.ci/package/vcpkg. Header only, so nothing is compiled;
# a published port sets SOURCE_PATH by vcpkg_from_github.
if(NOT SOURCE_PATH)
    get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
endif()
file(STRINGS "${SOURCE_PATH}/r0.h" R0_VERSION_LINE REGEX "#define R0_VERSION")
string(REGEX REPLACE ".*\"(.*)\".*" "\\1" VERSION "${R0_VERSION_LINE}")
file(INSTALL "${SOURCE_PATH}/r0.h" DESTINATION "${CURRENT_PACKAGES_DIR}/include")
set(R0_SHARE "${CURRENT_PACKAGES_DIR}/share/r0")
file(READ "${SOURCE_PATH}/.ci/package/r0-config.cmake" R0_CONFIG)
# Two folders up from share/r0, where an install of `make` has three from lib/cmake/r0.
string(REPLACE "/../../.." "/../.." R0_CONFIG "${R0_CONFIG}")
file(WRITE "${R0_SHARE}/r0-config.cmake" "${R0_CONFIG}")
configure_file("${SOURCE_PATH}/.ci/package/r0-config-version.cmake.in" "${R0_SHARE}/r0-config-version.cmake" @ONLY)
file(INSTALL "${SOURCE_PATH}/LICENSE" DESTINATION "${R0_SHARE}" RENAME copyright)
