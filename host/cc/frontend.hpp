/* SPDX-License-Identifier: MIT
 *
 * frontend.h from inside, for the files of C++.
 */
#ifndef LT_CC_FRONTEND_HPP
#define LT_CC_FRONTEND_HPP
#include "frontend.h"
#include <clang/Frontend/CompilerInstance.h>
#include <functional>

using frontend_setup = std::function<void(clang::CompilerInstance &)>;

/* Runs an action on a job; `setup` sees the compiler just before. False if clang does not take the text. */
bool frontend_run(const struct frontend_job *job, clang::FrontendAction &action, const frontend_setup &setup,
		  struct text *messages);
#endif
