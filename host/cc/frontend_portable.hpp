/* SPDX-License-Identifier: MIT */
#ifndef LT_CC_FRONTEND_PORTABLE_HPP
#define LT_CC_FRONTEND_PORTABLE_HPP
#include "frontend.hpp"
#include <clang/AST/ASTConsumer.h>

/* Looks for what an object for any kernel has in it as a number that is of the kernel it was compiled for: sizes of
 * structs whose members are relocated, and the like. Adds a line for each to `assumed` (see kernel/portable.h), and
 * warns of it. */
std::unique_ptr<clang::ASTConsumer> make_assumption_finder(clang::CompilerInstance &compiler, struct text *assumed);
#endif
