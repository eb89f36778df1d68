/* SPDX-License-Identifier: MIT */
#include "frontend_portable.hpp"
#include <clang/AST/RecordLayout.h>
#include <clang/AST/RecursiveASTVisitor.h>
#include <set>
#include <string>

namespace {

const clang::RecordDecl *record_of(clang::QualType type)
{
	while (const auto *array = type->getAsArrayTypeUnsafe())
		type = array->getElementType();
	const clang::RecordDecl *record = type->getAsRecordDecl();

	return record ? record->getDefinition() : nullptr;
}

/* The struct behind a type whose members are relocated, or null. */
const clang::RecordDecl *relocated_of(clang::QualType type)
{
	const clang::RecordDecl *record = record_of(type);

	return record && record->hasAttr<clang::BPFPreserveAccessIndexAttr>() ? record : nullptr;
}

/* As the kernel's types call it: "struct zone", or the name of a typedef; "" if it has none. */
std::string name_of(const clang::RecordDecl *record)
{
	if (!record->getName().empty())
		return (record->isUnion() ? "union " : "struct ") + record->getName().str();
	if (const clang::TypedefNameDecl *name = record->getTypedefNameForAnonDecl())
		return name->getName().str();
	return "";
}

class Finder : public clang::RecursiveASTVisitor<Finder> {
public:
	Finder(clang::CompilerInstance &in, struct text *to) : compiler(in), assumed(to)
	{
		warning = compiler.getDiagnostics().getCustomDiagID(clang::DiagnosticsEngine::Warning,
			"%0 is %1 in this kernel: the object will only load where it is the same");
	}

	bool VisitUnaryExprOrTypeTraitExpr(clang::UnaryExprOrTypeTraitExpr *expression)
	{
		const clang::RecordDecl *record = relocated_of(expression->getTypeOfArgument());

		if (record)
			assume_size(record, expression->getBeginLoc());
		return true;
	}

	bool VisitOffsetOfExpr(clang::OffsetOfExpr *expression)
	{
		const clang::RecordDecl *record = relocated_of(expression->getTypeSourceInfo()->getType());
		clang::Expr::EvalResult result;
		std::string path = record ? name_of(record) : "";

		if (path.empty() || !expression->EvaluateAsInt(result, compiler.getASTContext()))
			return true;
		for (unsigned i = 0; i < expression->getNumComponents(); i++) {
			const clang::OffsetOfNode &node = expression->getComponent(i);

			if (node.getKind() == clang::OffsetOfNode::Array) {
				clang::Expr::EvalResult index;

				if (expression->getIndexExpr(node.getArrayExprIndex())->EvaluateAsInt(index, compiler.getASTContext()))
					path += "[" + std::to_string(index.Val.getInt().getExtValue()) + "]";
			} else if (node.getKind() == clang::OffsetOfNode::Field && !node.getField()->getName().empty()) {
				path += "." + node.getField()->getName().str();
			}
		}
		add("offset", path, result.Val.getInt().getZExtValue(), expression->getBeginLoc());
		return true;
	}

	/* One of the text's own, and what the text has of that type within its own structs. */
	bool VisitDeclaratorDecl(clang::DeclaratorDecl *declared)
	{
		const clang::RecordDecl *record = relocated_of(declared->getType());

		const auto *field = llvm::dyn_cast<clang::FieldDecl>(declared);
		bool is_relocated = field && field->getParent()->hasAttr<clang::BPFPreserveAccessIndexAttr>();

		if (record && !is_relocated && llvm::isa<clang::VarDecl, clang::FieldDecl>(declared) &&
		    !is_kernels(declared->getLocation()))
			assume_size(record, declared->getLocation());
		return true;
	}

	/* The distance from one element to the next. */
	bool VisitArraySubscriptExpr(clang::ArraySubscriptExpr *expression)
	{
		if (!expression->getBase()->IgnoreParenImpCasts()->getType()->isArrayType())
			assume_pointee(expression->getBase()->getType(), expression->getBeginLoc());
		return true;
	}

	bool VisitBinaryOperator(clang::BinaryOperator *expression)
	{
		if (expression->isAdditiveOp() || expression->isCompoundAssignmentOp()) {
			assume_pointee(expression->getLHS()->getType(), expression->getOperatorLoc());
			assume_pointee(expression->getRHS()->getType(), expression->getOperatorLoc());
		}
		return true;
	}

	bool VisitUnaryOperator(clang::UnaryOperator *expression)
	{
		if (expression->isIncrementDecrementOp())
			assume_pointee(expression->getSubExpr()->getType(), expression->getOperatorLoc());
		return true;
	}

private:
	clang::CompilerInstance &compiler;
	struct text *assumed;
	unsigned warning;
	std::set<std::string> seen;

	/* Within what was generated of BTF. */
	bool is_kernels(clang::SourceLocation place) const
	{
		return compiler.getSourceManager().getFilename(place).ends_with("/generated.h");
	}

	void assume_pointee(clang::QualType type, clang::SourceLocation place)
	{
		const clang::RecordDecl *record = type->isPointerType() ? relocated_of(type->getPointeeType()) : nullptr;

		if (record && !type->getPointeeType()->isArrayType())
			assume_size(record, place);
	}

	void assume_size(const clang::RecordDecl *record, clang::SourceLocation place)
	{
		clang::ASTContext &context = compiler.getASTContext();
		uint64_t size = context.getASTRecordLayout(record).getSize().getQuantity();

		add("size", name_of(record), size, place);
	}

	void add(const char *what, const std::string &of, uint64_t value, clang::SourceLocation place)
	{
		const clang::SourceManager &sources = compiler.getSourceManager();
		clang::PresumedLoc line = sources.getPresumedLoc(sources.getExpansionLoc(place));
		std::string shown = (*what == 's' ? "sizeof(" : "offsetof(") + of + ")";

		/* of a struct without a name nothing can be looked up; those are members of others, which are */
		if (of.empty() || !seen.insert(what + of).second)
			return;
		text_printf(assumed, "%s\t%s\t%llu\t%u\n", what, of.c_str(), (unsigned long long)value,
			    sources.isInMainFile(sources.getExpansionLoc(place)) && line.isValid() ? line.getLine() : 0);
		compiler.getDiagnostics().Report(place, warning) << shown << std::to_string(value);
	}
};

class Consumer : public clang::ASTConsumer {
public:
	Consumer(clang::CompilerInstance &compiler, struct text *assumed) : finder(compiler, assumed) {}

	void HandleTranslationUnit(clang::ASTContext &context) override
	{
		finder.TraverseDecl(context.getTranslationUnitDecl());
	}

private:
	Finder finder;
};

}

std::unique_ptr<clang::ASTConsumer> make_assumption_finder(clang::CompilerInstance &compiler, struct text *assumed)
{
	return std::make_unique<Consumer>(compiler, assumed);
}
