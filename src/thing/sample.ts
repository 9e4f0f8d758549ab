// What a field reads: its sensor, or what is constant of it.
import type { Sensors, SensorValue } from "../host.js";
import { nameIn } from "../iot/dialect.js";
import type { SensorField } from "../iot/sensor-data.js";
import type { Definition, NodeDefinition } from "./definition.js";

/** `onError` is told what the receiver of a value threw: a host's driver is no place for it. */
export function sample(
	sensors: Sensors,
	definition: Definition,
	field: SensorField,
	onValue: (error: string | undefined, value?: SensorValue) => void,
	onError: (error: unknown) => void
): void {
	const node = field.node as NodeDefinition | undefined;
	const { sensor, value } = (node ?? definition).fields[field.name]!;
	if (value !== undefined) {
		onValue(undefined, value);
		return;
	}
	sensors.sample(nameIn(node, sensor ?? field.name), (error, sampled) => {
		try {
			onValue(error, sampled);
		} catch (thrown) {
			onError(thrown);
		}
	});
}
