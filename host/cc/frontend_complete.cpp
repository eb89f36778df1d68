/* SPDX-License-Identifier: MIT
 *
 * clang's code completion, which has no interface in C for files that are in memory only.
 */
#include "complete/candidates.h"
#include "complete/doc.h"
#include "complete/known.h"
#include "frontend.hpp"
#include "headers.h"
#include <clang/AST/Decl.h>
#include <clang/AST/TypeLoc.h>
#include <clang/Basic/Version.h>
#include <clang/Frontend/FrontendActions.h>
#include <clang/Lex/MacroInfo.h>
#include <clang/Lex/Preprocessor.h>
#include <clang/Sema/CodeCompleteConsumer.h>
#include <clang/Sema/Sema.h>

namespace {

/* StringRef's own has another name before LLVM 17. */
bool begins(llvm::StringRef text, llvm::StringRef with)
{
	return text.take_front(with.size()) == with;
}

/* `__lt_key_counts` is a name of the dialect's; people know what it stands for. */
clang::QualType written(clang::ASTContext &context, clang::QualType type)
{
	for (int depth = 0; depth < 16; depth++) {
		const auto *alias = type->getAs<clang::TypedefType>();

		if (alias && begins(alias->getDecl()->getName(), "__lt_"))
			type = alias->getDecl()->getUnderlyingType();
		else if (const auto *of_type = llvm::dyn_cast<clang::TypeOfType>(type.getTypePtr()))
			type = of_type->getUnmodifiedType();
		else if (const auto *pointer = llvm::dyn_cast<clang::PointerType>(type.getTypePtr())) {
			clang::QualType to = written(context, pointer->getPointeeType());

			return to == pointer->getPointeeType() ? type : context.getPointerType(to);
		} else {
			break;
		}
	}
	return type;
}

class Collector : public clang::CodeCompleteConsumer {
public:
	Collector(const clang::CodeCompleteOptions &options, struct frontend_completion *to)
		: CodeCompleteConsumer(options), completion(to),
		  info(std::make_shared<clang::GlobalCodeCompletionAllocator>())
	{
	}

	void ProcessCodeCompleteResults(clang::Sema &from, clang::CodeCompletionContext context,
					clang::CodeCompletionResult *results, unsigned count) override
	{
		sema = &from;
		completion->place = place_of(context);
		is_directive = context.getKind() == clang::CodeCompletionContext::CCC_PreprocessorDirective;
		look_at_base(context.getBaseType());
		for (unsigned i = 0; i < count; i++)
			add_result(results[i]);
	}

	clang::CodeCompletionAllocator &getAllocator() override { return info.getAllocator(); }
	clang::CodeCompletionTUInfo &getCodeCompletionTUInfo() override { return info; }

private:
	struct frontend_completion *completion;
	clang::CodeCompletionTUInfo info;
	clang::Sema *sema = nullptr;
	bool is_directive = false;

	static enum frontend_place place_of(const clang::CodeCompletionContext &context)
	{
		using Context = clang::CodeCompletionContext;

		switch (context.getKind()) {
		case Context::CCC_DotMemberAccess:
		case Context::CCC_ArrowMemberAccess:
			return FRONTEND_PLACE_MEMBER;
		case Context::CCC_Statement:
		case Context::CCC_Expression:
		case Context::CCC_ParenthesizedExpression:
		case Context::CCC_OtherWithMacros:
		case Context::CCC_Recovery:
			return FRONTEND_PLACE_ANY;
		case Context::CCC_TopLevel:
		case Context::CCC_ClassStructUnion:
		case Context::CCC_Type:
			return FRONTEND_PLACE_TYPE;
		case Context::CCC_ClassOrStructTag:
			return FRONTEND_PLACE_STRUCT_TAG;
		case Context::CCC_UnionTag:
			return FRONTEND_PLACE_UNION_TAG;
		case Context::CCC_EnumTag:
			return FRONTEND_PLACE_ENUM_TAG;
		default:
			return FRONTEND_PLACE_OTHER;
		}
	}

	void look_at_base(clang::QualType base)
	{
		const clang::QualType type = !base.isNull() && base->isPointerType() ? base->getPointeeType() : base;
		const clang::RecordDecl *record = type.isNull() ? nullptr : type->getAsRecordDecl();

		if (!record)
			return;
		snprintf(completion->tag, sizeof(completion->tag), "%s", record->getName().str().c_str());
		completion->incomplete = !record->getDefinition();
		if (!completion->incomplete)
			add_hidden_methods(record->getDefinition());
	}

	/* clang does not tell of reserved names in headers like ours. */
	void add_hidden_methods(const clang::RecordDecl *record)
	{
		for (const clang::FieldDecl *field : record->fields())
			if (begins(field->getName(), "__lt_"))
				if (const clang::FunctionType *type = method_type(field))
					add_method(field, type, clang::CCP_MemberDeclaration);
	}

	bool is_wanted(enum candidate_kind kind, llvm::StringRef name)
	{
		return !name.empty() && candidates_want(completion->candidates, kind, name.str().c_str());
	}

	void add(enum candidate_kind kind, unsigned priority, llvm::StringRef name, const std::string &display,
		 const char *doc)
	{
		const std::string insert = name.str();
		const struct candidate candidate = { kind, priority, insert.c_str(), display.c_str(), doc };

		candidates_add(completion->candidates, &candidate);
	}

	/* With what stands beside its definition. */
	void add_defined(enum candidate_kind kind, unsigned priority, llvm::StringRef name, const std::string &display,
			 clang::SourceLocation at)
	{
		struct text doc = doc_at(at, name);

		add(kind, priority, name, display, doc.data);
		text_free(&doc);
	}

	/* The file that a place is in, and where; of the text, its own headers and ours, but not of the slice. */
	struct text doc_at(clang::SourceLocation at, llvm::StringRef name)
	{
		const clang::SourceManager &sources = sema->getSourceManager();
		struct text doc = {};

		at = sources.getFileLoc(at);
		if (at.isValid() && sources.getFilename(at) != std::string(completion->our_place) + "generated.h") {
			const auto place = sources.getDecomposedLoc(at);
			const llvm::StringRef file = sources.getBufferData(place.first);

			doc_of_definition(file.data(), file.size(), place.second, name.str().c_str(), &doc);
		}
		return doc;
	}

	clang::PrintingPolicy policy() const
	{
		clang::PrintingPolicy printing = sema->getASTContext().getPrintingPolicy();

		printing.AnonymousTagLocations = false;
		return printing;
	}

	std::string declared(clang::QualType type, llvm::StringRef name)
	{
		std::string text = name.str();

		written(sema->getASTContext(), type).getAsStringInternal(text, policy());
		return text;
	}

	/* "RESULT NAME(PARAMETERS)" */
	std::string call(const clang::FunctionType *type, llvm::ArrayRef<clang::ParmVarDecl *> parameters,
			 llvm::StringRef name)
	{
		std::string list;
		const auto *prototype = llvm::dyn_cast<clang::FunctionProtoType>(type);

		for (unsigned i = 0; prototype && i < prototype->getNumParams(); i++)
			list += (i ? ", " : "") + declared(prototype->getParamType(i), i < parameters.size() && parameters[i] ?
							   parameters[i]->getName() : "");
		if (prototype && prototype->isVariadic())
			list += list.empty() ? "..." : ", ...";
		return declared(type->getReturnType(), (name + "(" + (list.empty() ? "void" : list) + ")").str());
	}

	std::string macro_call(const clang::MacroInfo *macro, llvm::StringRef name)
	{
		std::string text = name.str();

		if (!macro->isFunctionLike())
			return text;
		text += "(";
		for (unsigned i = 0; i < macro->getNumParams(); i++) {
			const llvm::StringRef parameter = macro->params()[i]->getName();

			text += (i ? ", " : "") + (parameter == "__VA_ARGS__" ? "..." : parameter.str());
		}
		return text + ")";
	}

	/* A map's method is a member that a macro of the dialect declared, and points to a function. */
	const clang::FunctionType *method_type(const clang::ValueDecl *field)
	{
		if (!field->getLocation().isMacroID() || !field->getType()->isFunctionPointerType())
			return nullptr;
		/* one of them may be pasted, which is written nowhere */
		if (!is_spelled_by_us(field->getBeginLoc()) && !is_spelled_by_us(field->getLocation()))
			return nullptr;
		return field->getType()->getPointeeType()->getAs<clang::FunctionType>();
	}

	bool is_spelled_by_us(clang::SourceLocation at)
	{
		const clang::SourceManager &sources = sema->getSourceManager();

		return begins(sources.getFilename(sources.getSpellingLoc(at)), completion->our_place);
	}

	static llvm::ArrayRef<clang::ParmVarDecl *> parameters_of(const clang::FieldDecl *field)
	{
		const clang::TypeSourceInfo *source = field->getTypeSourceInfo();
		const auto pointer = source ? source->getTypeLoc().getUnqualifiedLoc().getAs<clang::PointerTypeLoc>() :
					      clang::PointerTypeLoc();
		const auto function = pointer ? pointer.getPointeeLoc().IgnoreParens().getAs<clang::FunctionProtoTypeLoc>() :
						clang::FunctionProtoTypeLoc();

		return function ? function.getParams() : llvm::ArrayRef<clang::ParmVarDecl *>();
	}

	/* `perf_submit` is a macro that hands the member `__lt_perf_submit` the record's type as well. */
	void add_method(const clang::FieldDecl *field, const clang::FunctionType *type, unsigned priority)
	{
		llvm::StringRef name = field->getName();
		const clang::MacroInfo *macro = nullptr;

		if (name.consume_front("__lt_"))
			macro = sema->PP.getMacroInfo(sema->PP.getIdentifierInfo(name));
		if (!is_wanted(CANDIDATE_METHOD, name))
			return;

		const struct dialect_name *documented = known_dialect(name.str().c_str());

		add(CANDIDATE_METHOD, priority, name, macro ? declared(type->getReturnType(), macro_call(macro, name)) :
		    call(type, parameters_of(field), name), documented ? documented->doc : nullptr);
	}

	/* clang aborts where one of 64 bits without a sign is asked for as an int64_t. */
	static std::string number(const llvm::APSInt &value)
	{
		llvm::SmallString<24> digits;

		value.toString(digits);
		return digits.str().str();
	}

	void add_value(const clang::ValueDecl *value, unsigned priority)
	{
		enum candidate_kind kind = CANDIDATE_VARIABLE;
		const auto *indirect = llvm::dyn_cast<clang::IndirectFieldDecl>(value);
		const auto *field = indirect ? indirect->getAnonField() : llvm::dyn_cast<clang::FieldDecl>(value);
		const auto *function = llvm::dyn_cast<clang::FunctionDecl>(value);

		if (const clang::FunctionType *type = field ? method_type(field) : nullptr) {
			add_method(field, type, priority);
			return;
		}
		if (field)
			kind = CANDIDATE_MEMBER;
		else if (function)
			kind = CANDIDATE_FUNCTION;
		else if (llvm::isa<clang::EnumConstantDecl>(value))
			kind = CANDIDATE_ENUMERATOR;
		if (!is_wanted(kind, value->getName()))
			return;
		/* with its parameters' names and what is known of it: see known.c */
		if (kind == CANDIDATE_VARIABLE && known_is_helper(value->getName().str().c_str()))
			return;

		std::string display;

		if (const auto *enumerator = llvm::dyn_cast<clang::EnumConstantDecl>(value))
			display = (value->getName() + " = " + number(enumerator->getInitVal())).str();
		else if (function)
			display = call(function->getType()->castAs<clang::FunctionType>(), function->parameters(), function->getName());
		else
			display = declared(value->getType(), value->getName());
		/* a map's `key` and `leaf` are there for sizeof: what one does with a map goes first */
		if (field && field->getBeginLoc().isMacroID())
			priority++;
		add_defined(kind, priority, value->getName(), display, value->getBeginLoc());
	}

	void add_declaration(const clang::NamedDecl *declaration, unsigned priority)
	{
		std::string display;

		if (!declaration->getIdentifier())
			return;
		if (const auto *value = llvm::dyn_cast<clang::ValueDecl>(declaration)) {
			add_value(value, priority);
			return;
		}
		if (!is_wanted(CANDIDATE_TYPE, declaration->getName()))
			return;
		if (const auto *tag = llvm::dyn_cast<clang::TagDecl>(declaration))
			display = (tag->getKindName() + " " + tag->getName()).str();
		else if (const auto *alias = llvm::dyn_cast<clang::TypedefNameDecl>(declaration))
			display = "typedef " + declared(alias->getUnderlyingType(), alias->getName());
		else
			return;
		add_defined(CANDIDATE_TYPE, priority, declaration->getName(), display, declaration->getBeginLoc());
	}

	/* What is short enough to be a value. */
	std::string value_of(const clang::MacroInfo *macro)
	{
		std::string text;

		for (const clang::Token &token : macro->tokens()) {
			text += (text.empty() ? " = " : token.hasLeadingSpace() ? " " : "") + sema->PP.getSpelling(token);
			if (text.size() > 60)
				return "";
		}
		return text;
	}

	void add_macro(const clang::CodeCompletionResult &result)
	{
		const llvm::StringRef name = result.Macro->getName();
		const clang::MacroInfo *macro = result.MacroDefInfo ? result.MacroDefInfo : sema->PP.getMacroInfo(result.Macro);

		if (!macro || !is_wanted(CANDIDATE_MACRO, name))
			return;

		const bool ours = is_spelled_by_us(macro->getDefinitionLoc());
		const struct dialect_name *documented = ours ? known_dialect(name.str().c_str()) : nullptr;
		const std::string display = documented && documented->call ? documented->call :
					    macro_call(macro, name) + (macro->isFunctionLike() ? "" : value_of(macro));

		if (!documented)
			add_defined(CANDIDATE_MACRO, result.Priority, name, display, macro->getDefinitionLoc());
		/* half of a method stands after a map's name only */
		else if (!documented->is_method)
			add(CANDIDATE_MACRO, result.Priority, name, display, documented->doc);
	}

	/* Of some that clang offers C knows nothing; #include and its like stand elsewhere. */
	void add_keyword(const char *word, unsigned priority)
	{
		if (!word || !is_wanted(CANDIDATE_KEYWORD, word))
			return;
		if (is_directive || sema->PP.getIdentifierInfo(word)->isKeyword(sema->getLangOpts()))
			add(CANDIDATE_KEYWORD, priority, word, word, nullptr);
	}

	void add_result(const clang::CodeCompletionResult &result)
	{
		switch (result.Kind) {
		case clang::CodeCompletionResult::RK_Declaration:
			add_declaration(result.Declaration, result.Priority);
			break;
		case clang::CodeCompletionResult::RK_Macro:
			add_macro(result);
			break;
		case clang::CodeCompletionResult::RK_Keyword:
			add_keyword(result.Keyword, result.Priority);
			break;
		case clang::CodeCompletionResult::RK_Pattern:
			add_keyword(result.Pattern->getTypedText(), result.Priority);
			break;
		}
	}
};

}

void frontend_complete(const struct frontend_job *job, struct frontend_completion *completion, struct text *messages)
{
	clang::SyntaxOnlyAction action;
	clang::CodeCompleteOptions options;

	options.IncludeMacros = 1;
	frontend_run(job, action, [&](clang::CompilerInstance &compiler) {
		clang::FrontendOptions &frontend = compiler.getFrontendOpts();

		frontend.CodeCompletionAt.FileName = completion->path;
		frontend.CodeCompletionAt.Line = completion->line;
		frontend.CodeCompletionAt.Column = completion->column;
		frontend.SkipFunctionBodies = true;
		compiler.setCodeCompletionConsumer(new Collector(options, completion));
	}, messages);
}
