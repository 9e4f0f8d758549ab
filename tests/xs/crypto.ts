// hosts/node/crypto.ts for suites on XS: the simulator's crypto, which asks the runner's, which is that of Node.
import { SimulatorHost } from "../../hosts/simulator/device/host.js";
import type { Simulator } from "../../hosts/simulator/device/native.js";
import type { Crypto } from "../../src/host.js";

declare const simulator: Simulator;

export const crypto: Crypto = new SimulatorHost(simulator).create({ valueLimit: 0, display: false, lookUps: [] }).crypto;
