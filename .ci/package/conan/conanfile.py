"""conan create .ci/package/conan: the header as a package. One file of a program defines R0_IMPLEMENTATION."""
import os
import re

from conan import ConanFile
from conan.tools.files import copy, load


class R0(ConanFile):
    name = "r0"
    license = "MIT"
    description = "R-Zero (arXiv 2508.05004) in one C header: a language model that teaches itself"
    package_type = "header-library"
    no_copy_source = True

    @property
    def top(self):
        return os.path.join(self.recipe_folder, "..", "..", "..")

    def set_version(self):
        self.version = re.search(r'#define R0_VERSION "(.*)"', load(self, os.path.join(self.top, "r0.h"))).group(1)

    def export_sources(self):
        for name in ("r0.h", "LICENSE"):
            copy(self, name, self.top, self.export_sources_folder)

    def package(self):
        copy(self, "r0.h", self.source_folder, os.path.join(self.package_folder, "include"))
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))

    def package_id(self):
        self.info.clear()

    def package_info(self):
        self.cpp_info.bindirs = self.cpp_info.libdirs = []
        self.cpp_info.cflags = self.cpp_info.cxxflags = ["-ffp-contract=off"]
        self.cpp_info.system_libs = ["m", "pthread", "dl"]
        self.cpp_info.set_property("cmake_target_name", "r0::r0")
