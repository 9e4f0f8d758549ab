// Data forms (XEP-0004): what a service asks, and the answer.
import type { Element } from "../xml/element.js";
import type { Writer } from "../xml/writer.js";

export const NAMESPACE_FORMS = "jabber:x:data";

export interface FormField {
	/** Its `var`; "" for a fixed text. */
	readonly name: string;
	/** "text-single" when the form does not say (XEP-0004 section 3.3). */
	readonly type: string;
	readonly required: boolean;
	readonly values: readonly string[];
}

export interface Form {
	/** FORM_TYPE (XEP-0068). */
	readonly purpose: string | undefined;
	readonly fields: readonly FormField[];
}

/** Undefined unless `x` is a form to fill in. */
export function parseForm(x: Element): Form | undefined {
	if (x.name !== "x" || x.namespace !== NAMESPACE_FORMS || x.attribute("type") !== "form") return;
	const fields: FormField[] = [];
	let purpose: string | undefined;
	const children = x.children;
	for (let i = 0; i < children.length; i++) {
		const field = children[i]!;
		if (field.name !== "field" || field.namespace !== NAMESPACE_FORMS) continue;
		const name = field.attribute("var") ?? "";
		const values: string[] = [];
		const list = field.children;
		for (let j = 0; j < list.length; j++) {
			const value = list[j]!;
			if (value.name === "value" && value.namespace === NAMESPACE_FORMS) values.push(value.text);
		}
		if (name === "FORM_TYPE") purpose = values[0];
		fields.push({
			name,
			type: field.attribute("type") ?? (name === "FORM_TYPE" ? "hidden" : "text-single"),
			required: field.child("required", NAMESPACE_FORMS) != null,
			values
		});
	}
	return { purpose, fields };
}

/** The name of the first field that must be filled in and cannot be from `values`. */
export function missingField(form: Form, values: ReadonlyMap<string, string>): string | undefined {
	const fields = form.fields;
	for (let i = 0; i < fields.length; i++) {
		const field = fields[i]!;
		if (field.required && field.type !== "fixed" && field.type !== "hidden" && !values.has(field.name) && field.values.length === 0)
			return field.name;
	}
	return;
}

/**
 * What is answered to one field; undefined where it is left out. Hidden ones go back as they came, or filled in where they came
 * empty; of the rest only what is required, with the value that the form suggests.
 */
export function submittedValues(field: FormField, values: ReadonlyMap<string, string>): readonly string[] | undefined {
	if (field.name === "" || field.type === "fixed") return;
	const value = values.get(field.name);
	if (field.type === "hidden" && (value == null || field.values.some((given) => given !== ""))) return field.values;
	if (value != null) return [value];
	return field.required ? field.values : undefined;
}

export function writeSubmit(writer: Writer, form: Form, values: ReadonlyMap<string, string>): void {
	writer.open("x", NAMESPACE_FORMS).attribute("type", "submit");
	const fields = form.fields;
	for (let i = 0; i < fields.length; i++) {
		const field = fields[i]!;
		const answered = submittedValues(field, values);
		if (!answered) continue;
		writer.open("field").attribute("var", field.name);
		for (let j = 0; j < answered.length; j++) writer.open("value").text(answered[j]!).close();
		writer.close();
	}
	writer.close();
}
