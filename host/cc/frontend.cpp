/* SPDX-License-Identifier: MIT */
#include "frontend_portable.hpp"
#include <clang/AST/ASTConsumer.h>
#include <clang/Basic/Diagnostic.h>
#include <clang/Basic/DiagnosticOptions.h>
#include <clang/Basic/Stack.h>
#include <clang/Basic/Version.h>
#include <clang/CodeGen/ModuleBuilder.h>
#include <clang/Frontend/CompilerInvocation.h>
#include <clang/Frontend/FrontendActions.h>
#include <clang/Frontend/MultiplexConsumer.h>
#include <clang/Frontend/TextDiagnosticPrinter.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/VirtualFileSystem.h>

namespace {

llvm::IntrusiveRefCntPtr<llvm::vfs::InMemoryFileSystem> make_files(const struct frontend_job *job)
{
	llvm::IntrusiveRefCntPtr<llvm::vfs::InMemoryFileSystem> files(new llvm::vfs::InMemoryFileSystem);

	files->setCurrentWorkingDirectory("/");
	for (size_t i = 0; i < job->file_count; i++) {
		const struct frontend_file *file = &job->files[i];

		files->addFile(file->path, 0, llvm::MemoryBuffer::getMemBuffer({ file->data, file->size }, file->path));
	}
	return files;
}

/* What is wrong with the flags themselves. */
bool parse(const struct frontend_job *job, clang::CompilerInvocation &invocation, llvm::raw_ostream &said)
{
	llvm::ArrayRef<const char *> arguments(job->arguments, job->argument_count);
	llvm::IntrusiveRefCntPtr<clang::DiagnosticIDs> ids(new clang::DiagnosticIDs);
#if CLANG_VERSION_MAJOR >= 21
	clang::DiagnosticOptions options;
	clang::DiagnosticsEngine engine(ids, options, new clang::TextDiagnosticPrinter(said, options));
#else
	llvm::IntrusiveRefCntPtr<clang::DiagnosticOptions> options(new clang::DiagnosticOptions);
	clang::DiagnosticsEngine engine(ids, options, new clang::TextDiagnosticPrinter(said, options.get()));
#endif

	return clang::CompilerInvocation::CreateFromArgs(invocation, arguments, engine);
}

bool execute(const struct frontend_job *job, std::shared_ptr<clang::CompilerInvocation> invocation,
	     clang::FrontendAction &action, const frontend_setup &setup, llvm::raw_ostream &said)
{
	auto files = make_files(job);
#if CLANG_VERSION_MAJOR >= 21
	clang::CompilerInstance compiler(invocation);
	auto *printer = new clang::TextDiagnosticPrinter(said, invocation->getDiagnosticOpts());
#else
	clang::CompilerInstance compiler;
	auto *printer = new clang::TextDiagnosticPrinter(said, &invocation->getDiagnosticOpts());

	compiler.setInvocation(invocation);
#endif
#if CLANG_VERSION_MAJOR >= 22
	compiler.setVirtualFileSystem(files);
	compiler.createDiagnostics(printer);
	compiler.createFileManager();
#elif CLANG_VERSION_MAJOR >= 20
	compiler.createDiagnostics(*files, printer);
	compiler.createFileManager(files);
#else
	compiler.createDiagnostics(printer);
	compiler.createFileManager(files);
#endif
	compiler.setVerboseOutputStream(said);
	setup(compiler);
	return compiler.ExecuteAction(action);
}

/* Ends where clang would begin with passes. */
class ModuleAction : public clang::ASTFrontendAction {
public:
	ModuleAction(llvm::LLVMContext &in, struct text *to) : context(in), assumed(to) {}

	/* Of the context; none if there were errors. */
	llvm::Module *take() { return module.release(); }

protected:
	std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance &compiler, llvm::StringRef file) override
	{
#if CLANG_VERSION_MAJOR >= 22
		generator = clang::CreateLLVMCodeGen(compiler, file, context).release();
#else
		generator = clang::CreateLLVMCodeGen(
			compiler.getDiagnostics(), file, &compiler.getVirtualFileSystem(), compiler.getHeaderSearchOpts(),
			compiler.getPreprocessorOpts(), compiler.getCodeGenOpts(), context);
#endif
		if (!assumed)
			return std::unique_ptr<clang::ASTConsumer>(generator);

		std::vector<std::unique_ptr<clang::ASTConsumer>> consumers;

		consumers.push_back(make_assumption_finder(compiler, assumed));
		consumers.emplace_back(generator);
		return std::make_unique<clang::MultiplexConsumer>(std::move(consumers));
	}

	void EndSourceFileAction() override
	{
		/* it lives until then only */
		module = std::unique_ptr<llvm::Module>(generator->ReleaseModule());
	}

private:
	llvm::LLVMContext &context;
	struct text *assumed;
	clang::CodeGenerator *generator = nullptr;
	std::unique_ptr<llvm::Module> module;
};

}

bool frontend_run(const struct frontend_job *job, clang::FrontendAction &action, const frontend_setup &setup,
		  struct text *messages)
{
	auto invocation = std::make_shared<clang::CompilerInvocation>();
	llvm::SmallString<256> said;
	llvm::raw_svector_ostream stream(said);
	bool taken;

	clang::noteBottomOfStack();
	taken = parse(job, *invocation, stream) && execute(job, invocation, action, setup, stream);
	text_append(messages, said.data(), said.size());
	return taken;
}

LLVMModuleRef frontend_compile(const struct frontend_job *job, LLVMContextRef context, struct text *messages)
{
	ModuleAction action(*llvm::unwrap(context), job->assumed);

	return frontend_run(job, action, [](clang::CompilerInstance &) {}, messages) ? llvm::wrap(action.take()) : nullptr;
}

bool frontend_preprocess(const struct frontend_job *job, struct text *output, struct text *messages)
{
	clang::PrintPreprocessedAction action;
	llvm::SmallVector<char, 0> printed;
	bool taken = frontend_run(job, action, [&printed](clang::CompilerInstance &compiler) {
		compiler.setOutputStream(std::make_unique<llvm::raw_svector_ostream>(printed));
	}, messages);

	text_append(output, printed.data(), printed.size());
	return taken;
}
