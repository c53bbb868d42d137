import { ConfigError } from '../core/errors.ts';
import { type Environment, readSettings, type Settings, type ValuesOf } from '../core/setting.ts';
import type { Provider } from './provider.ts';

/** What else a provider may depend on while it is made. */
export interface ProviderMode {
  /** Whether unsafe settings are refused. */
  readonly production: boolean;
}

/** A provider that is made when createHost reads the settings. */
export interface ProviderFromSettings {
  readonly kind: 'from_settings';
  readonly name: string;
  /** Throws ConfigError with every fault, each beginning with its variable. */
  make(environment: Environment, mode: ProviderMode): Provider;
}

/** What such a provider is defined by. */
export interface ProviderDefinition<S extends Settings> {
  readonly name: string;
  /** Its variables, each under the name of the option that wins over it. */
  readonly settings: S;
  /** What was given in code. */
  readonly options: Readonly<{ [K in keyof S]?: unknown }>;
  /** Makes the provider of values that were read without a fault. Throws ConfigError where they do not fit together. */
  build(values: ValuesOf<S>, mode: ProviderMode): Provider;
}

/**
 * Defines a provider whose options may stand in the environment as well. Options given in code win, one by one. All
 * faults are reported by createHost, together with those of its other settings.
 */
export const providerFromSettings = <S extends Settings>(definition: ProviderDefinition<S>): ProviderFromSettings => ({
  kind: 'from_settings',
  name: definition.name,
  make(environment, mode) {
    const { values, faults } = readSettings(definition.settings, definition.options, environment);
    if (faults.length > 0) throw new ConfigError(faults);
    return definition.build(values, mode);
  },
});
