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

/* As the kernel's types call it: "struct zone", or the name of a typedef; "" if it has none. What follows ___ sets it
 * apart from another of that name. */
std::string name_of(const clang::RecordDecl *record)
{
	llvm::StringRef name = record->getName();

	if (!name.empty())
		return (record->isUnion() ? "union " : "struct ") + name.substr(0, name.find("___", 1)).str();
	if (const clang::TypedefNameDecl *type = record->getTypedefNameForAnonDecl())
		return type->getName().str();
	return "";
}

/* The type of one element of an array. */
clang::QualType element_of(clang::QualType type)
{
	const clang::ArrayType *array = type->getAsArrayTypeUnsafe();

	return array ? array->getElementType() : type;
}

bool is_zero(const clang::Expr *value)
{
	const auto *list = llvm::dyn_cast<clang::InitListExpr>(value);
	const auto *number = llvm::dyn_cast<clang::IntegerLiteral>(value->IgnoreParenImpCasts());

	if (list)
		return llvm::all_of(list->inits(), [](const clang::Expr *init) { return is_zero(init); });
	return llvm::isa<clang::ImplicitValueInitExpr>(value) || (number && number->getValue() == 0);
}

/* What fills up the structs that luatrace-cc writes. */
bool is_padding(const clang::FieldDecl *field)
{
	llvm::StringRef name = field->getName();

	return (field->isBitField() && name.empty()) || name.starts_with("__lt_") || name == "__do_not_use__";
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
		clang::QualType type = expression->getTypeOfArgument();
		const auto *same = type->getAs<clang::TypeOfExprType>();
		const clang::Expr *of = !expression->isArgumentType() ? expression->getArgumentExpr() :
					same ? same->getUnderlyingExpr() : nullptr;

		if (expression->getKind() == clang::UETT_SizeOf && !assume_member(of, "", type, expression->getBeginLoc()))
			assume_size(relocated_of(type), expression->getBeginLoc());
		return true;
	}

	/* Of an index that is not known: where the first element has it, and the distance to the next. */
	bool VisitOffsetOfExpr(clang::OffsetOfExpr *expression)
	{
		clang::QualType type = expression->getTypeSourceInfo()->getType();
		const clang::RecordDecl *record = relocated_of(type);
		std::string path = record ? name_of(record) : "";
		uint64_t offset = 0;

		for (unsigned i = 0; !path.empty() && i < expression->getNumComponents(); i++) {
			const clang::OffsetOfNode &node = expression->getComponent(i);

			if (node.getKind() == clang::OffsetOfNode::Array) {
				clang::Expr::EvalResult index;
				uint64_t number = 0;

				type = element_of(type);
				if (expression->getIndexExpr(node.getArrayExprIndex())->EvaluateAsInt(index, context()))
					number = index.Val.getInt().getZExtValue();
				else
					add("width", path + "[0]", size_of(type), expression->getBeginLoc(), !is_plain(type));
				path += "[" + std::to_string(number) + "]";
				offset += number * size_of(type);
			} else if (node.getKind() == clang::OffsetOfNode::Field) {
				type = node.getField()->getType();
				offset += context().getFieldOffset(node.getField()) / 8;
				if (!node.getField()->getName().empty())
					path += "." + node.getField()->getName().str();
			}
		}
		add("offset", path, offset, expression->getBeginLoc());
		return true;
	}

	/* One of the text's own, and what the text has of that type within its own structs. */
	bool VisitDeclaratorDecl(clang::DeclaratorDecl *declared)
	{
		const auto *field = llvm::dyn_cast<clang::FieldDecl>(declared);
		const auto *variable = llvm::dyn_cast<clang::VarDecl>(declared);
		bool is_relocated = field && field->getParent()->hasAttr<clang::BPFPreserveAccessIndexAttr>();

		if ((!field && !variable) || is_relocated || is_kernels(declared->getLocation()) ||
		    (variable && variable->hasExternalStorage()))
			return true;
		assume_size(relocated_of(declared->getType()), declared->getLocation());
		if (variable && variable->hasGlobalStorage())
			assume_shared(variable);
		return true;
	}

	/* What is written by one lies where members are here, and is read where they are there. */
	bool VisitInitListExpr(clang::InitListExpr *list)
	{
		const clang::InitListExpr *whole = list->isSemanticForm() ? list : list->getSemanticForm();

		if (whole && !is_zero(whole))
			assume_layout(relocated_of(whole->getType()), list->getBeginLoc());
		return true;
	}

	/* The place of an element of a member is found where the object is loaded, by its number or, where that is not
	 * known, by the size that it has there (lower/element_sizes.c; numbers stay as they are). */
	bool VisitArraySubscriptExpr(clang::ArraySubscriptExpr *expression)
	{
		const clang::Expr *base = expression->getBase()->IgnoreParenImpCasts();
		clang::Expr::EvalResult index;
		bool is_array = base->getType()->isArrayType(), is_found = llvm::isa<clang::MemberExpr>(base) &&
			!is_plain(element_of(base->getType()));

		if (!is_array || (!is_found && !expression->getIdx()->EvaluateAsInt(index, context())))
			assume_step(base, expression->getBeginLoc());
		return true;
	}

	bool VisitBinaryOperator(clang::BinaryOperator *expression)
	{
		const auto *member = llvm::dyn_cast<clang::MemberExpr>(expression->getLHS()->IgnoreParens());
		const auto *field = member ? llvm::dyn_cast<clang::FieldDecl>(member->getMemberDecl()) : nullptr;

		/* members are written where they are there, but bits of one where they are here */
		if (expression->isAssignmentOp() && field && field->isBitField())
			assume_layout(relocated_of(context().getRecordType(field->getParent())), expression->getOperatorLoc());
		if (expression->isAdditiveOp() || expression->isCompoundAssignmentOp()) {
			assume_step(expression->getLHS(), expression->getOperatorLoc());
			assume_step(expression->getRHS(), expression->getOperatorLoc());
		}
		return true;
	}

	bool VisitUnaryOperator(clang::UnaryOperator *expression)
	{
		if (expression->isIncrementDecrementOp())
			assume_step(expression->getSubExpr(), expression->getOperatorLoc());
		return true;
	}

private:
	clang::CompilerInstance &compiler;
	struct text *assumed;
	unsigned warning;
	std::set<std::string> seen;
	std::set<const clang::RecordDecl *> laid_out;

	/* Within what was generated of BTF. */
	bool is_kernels(clang::SourceLocation place) const
	{
		return compiler.getSourceManager().getFilename(place).ends_with("/generated.h");
	}

	clang::ASTContext &context() const
	{
		return compiler.getASTContext();
	}

	uint64_t size_of(clang::QualType type) const
	{
		return context().getTypeSizeInChars(type).getQuantity();
	}

	/* The struct of the kernel's behind a type whose members are relocated, or null. */
	const clang::RecordDecl *relocated_of(clang::QualType type) const
	{
		const clang::RecordDecl *record = record_of(type);

		return record && record->hasAttr<clang::BPFPreserveAccessIndexAttr>() &&
		       is_kernels(record->getLocation()) ? record : nullptr;
	}

	/* Where a member of the kernel's lies: "struct zone.free_area[0]"; "" if it is none. */
	std::string path_of(const clang::Expr *expression) const
	{
		expression = expression->IgnoreParenImpCasts();
		if (const auto *element = llvm::dyn_cast<clang::ArraySubscriptExpr>(expression)) {
			const clang::Expr *base = element->getBase()->IgnoreParenImpCasts();
			std::string path = base->getType()->isArrayType() ? path_of(base) : "";

			return path.empty() ? "" : path + "[0]";
		}
		const auto *member = llvm::dyn_cast<clang::MemberExpr>(expression);
		const auto *field = member ? llvm::dyn_cast<clang::FieldDecl>(member->getMemberDecl()) : nullptr;

		if (!field || !relocated_of(context().getRecordType(field->getParent())))
			return "";

		std::string path = name_of(field->getParent());

		if (path.empty())
			path = path_of(member->getBase());
		return path.empty() || field->getName().empty() ? path : path + "." + field->getName().str();
	}

	/* A number or a pointer, which nobody expects to be of another size. */
	bool is_plain(clang::QualType type) const
	{
		return !type->isRecordType() && !type->isArrayType();
	}

	/* What an expression that leads to a member has there. False if it leads to none. */
	bool assume_member(const clang::Expr *of, const char *element, clang::QualType type, clang::SourceLocation place)
	{
		std::string path = of ? path_of(of) : "";

		if (path.empty())
			return false;
		/* what is read of one that is not there is left open in any case */
		add(*element || is_plain(type) ? "width" : "size", path + element, size_of(type), place, !is_plain(type));
		return true;
	}

	/* The distance from one element to the next. */
	void assume_step(const clang::Expr *to, clang::SourceLocation place)
	{
		const clang::Expr *array = to->IgnoreParenImpCasts();
		clang::QualType type = array->getType();

		if (type->isArrayType() && assume_member(array, "[0]", element_of(type), place))
			return;
		if (type->isArrayType())
			assume_size(relocated_of(type), place);
		else if (type->isPointerType())
			assume_size(relocated_of(type->getPointeeType()), place);
	}

	void assume_size(const clang::RecordDecl *record, clang::SourceLocation place, bool warns = true)
	{
		if (record)
			add("size", name_of(record), size_of(context().getRecordType(record)), place, warns);
	}

	void assume_layout(const clang::RecordDecl *record, clang::SourceLocation place, bool warns = true)
	{
		assume_size(record, place, warns);
		if (record && laid_out.insert(record).second)
			assume_members(record, name_of(record), 0, place);
	}

	/* `bits`: of the struct that `path` begins with, to where `record` begins. */
	void assume_members(const clang::RecordDecl *record, const std::string &path, uint64_t bits,
			    clang::SourceLocation place)
	{
		for (const clang::FieldDecl *field : record->fields()) {
			const clang::RecordDecl *inner = record_of(field->getType());
			uint64_t at = bits + context().getFieldOffset(field);
			std::string name = field->getName().str(), own = name.empty() ? path : path + "." + name;

			if (path.empty() || is_padding(field))
				continue;
			if (!name.empty())
				add(field->isBitField() ? "bit offset" : "offset", own, field->isBitField() ? at : at / 8, place, false);
			if (inner && !name_of(inner).empty())
				assume_layout(relocated_of(field->getType()), place, false);
			else if (inner && !field->getType()->isArrayType())
				assume_members(inner, own, at, place);
		}
	}

	/* What Lua reads by the types that the object has of it: variables, what maps hold, records that are sent. */
	void assume_shared(const clang::VarDecl *variable)
	{
		const auto *section = variable->getAttr<clang::SectionAttr>();
		llvm::StringRef name = section ? section->getName() : "";
		const clang::RecordDecl *record = record_of(variable->getType());

		if (name == ".lt.record")
			assume_shared(variable->getType()->getPointeeType(), variable->getLocation());
		else if (name != ".maps")
			assume_shared(variable->getType(), variable->getLocation());
		else if (record)
			for (const clang::FieldDecl *field : record->fields())
				if (field->getType()->isPointerType())
					assume_shared(field->getType()->getPointeeType(), variable->getLocation());
	}

	void assume_shared(clang::QualType type, clang::SourceLocation place)
	{
		const clang::RecordDecl *record = record_of(type);

		if (relocated_of(type))
			assume_layout(record, place);
		else if (record)
			for (const clang::FieldDecl *field : record->fields())
				assume_shared(field->getType(), place);
	}

	void add(const char *what, const std::string &of, uint64_t value, clang::SourceLocation place,
		 bool warns = true)
	{
		const clang::SourceManager &sources = compiler.getSourceManager();
		clang::PresumedLoc line = sources.getPresumedLoc(sources.getExpansionLoc(place));
		std::string shown = (*what == 'o' ? "offsetof(" : "sizeof(") + of + ")";

		/* of a struct without a name nothing can be looked up; those are members of others, which are */
		if (of.empty() || !seen.insert(what + of).second)
			return;
		text_printf(assumed, "%s\t%s\t%llu\t%u\n", what, of.c_str(), (unsigned long long)value,
			    sources.isInMainFile(sources.getExpansionLoc(place)) && line.isValid() ? line.getLine() : 0);
		if (warns)
			compiler.getDiagnostics().Report(sources.getExpansionLoc(place), warning) << shown << std::to_string(value);
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
