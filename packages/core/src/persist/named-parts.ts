import * as z from 'zod';
import { ArtifactError, ConfigError, DataError, describe } from '../errors.ts';
import type { Estimator } from '../models/interfaces.ts';
import { jsonText } from './json-text.ts';
import type { ArtifactSource } from './artifact.ts';
import { readSaved } from './read-state.ts';

/** A part of a pipeline as its artifact has it: its name and its configuration. There is no code in an artifact. */
export interface SavedPart {
  readonly type: string;
  readonly config: object;
}

/** Whatever says its name under a key, for example `forecasterType`. */
export type Named<TypeKey extends string> = Readonly<Record<TypeKey, string>>;

/** How a part is found by name and built from its configuration: a registration, or a class with both as static members. */
export type NamedPart<TypeKey extends string, Part extends object = object> = Named<TypeKey> & {
  readonly create: (config: unknown) => Part;
};

/** How a model is found by name and read: a registration, or a class with both as static members. */
export interface LoadableModel extends Named<'modelType'> {
  /** Takes a path, or an artifact that was read before, as `loadArtifact` does. */
  readonly load: (source: ArtifactSource) => Promise<Estimator<never>>;
}

const savedPart = z.strictObject({ type: z.string(), config: z.record(z.string(), z.unknown()) });

/**
 * A part as an artifact can have it. Throws DataError unless it has a name and a configuration that JSON can hold, and no name that is
 * registered for another class, which would come back in its place.
 */
export function savePart<TypeKey extends string>(
  field: string,
  typeKey: TypeKey,
  part: object,
  registered: readonly NamedPart<TypeKey>[],
): SavedPart {
  const refuse = (key: string, expected: string, found: string, remedy: string): never => {
    throw new DataError({ field: `${field}.${key}`, expected, found, remedy });
  };
  const { [typeKey]: type, config } = part as { readonly [key: string]: unknown };
  if (typeof type !== 'string' || type === '')
    return refuse(typeKey, 'a name to save it under', describe(type), 'Give the class a name of its own.');
  if (typeof config !== 'object' || config === null)
    return refuse(
      'config',
      'what it can be built from again',
      describe(config),
      'Give it its configuration, if empty.',
    );
  jsonText(`${field}.config`, config);
  const namesake = registered.find((known) => known[typeKey] === type)?.create(config).constructor;
  if (namesake !== undefined && namesake !== part.constructor)
    return refuse(
      typeKey,
      `another name than that of ${namesake.name}`,
      `${describe(type)} in ${part.constructor.name}`,
      namesake.name === part.constructor.name
        ? 'Install the package once: there are two copies of this class. A class of your own needs a name of its own.'
        : 'Give the class a name of its own, and pass it to `load`.',
    );
  return { type, config };
}

/** Builds a part from what an artifact says of it. Throws as {@link findNamed}, and as its `create`. */
export function buildPart<TypeKey extends string, Part extends object>(
  field: string,
  typeKey: TypeKey,
  saved: unknown,
  known: readonly NamedPart<TypeKey, Part>[],
  option: string,
): Part {
  const { type, config } = readSaved(field, saved, savedPart);
  return findNamed(field, typeKey, type, known, option).create(config);
}

/**
 * The one of that name among those that are registered or passed as `option` of `load`. Throws ArtifactError that says which names are
 * known, ConfigError when two have one name.
 */
export function findNamed<TypeKey extends string, Known extends Named<TypeKey>>(
  field: string,
  typeKey: TypeKey,
  name: string,
  known: readonly Known[],
  option: string,
): Known {
  const distinct = [...new Set(known)];
  const names = distinct.map((each): string => each[typeKey]);
  const twice = names.find((other, at) => names.indexOf(other) !== at);
  if (twice !== undefined)
    throw new ConfigError({
      field: option,
      expected: 'each name once, those of the package included',
      found: `${describe(twice)} twice`,
      remedy: 'Give the class a name of its own.',
    });
  const found = distinct.find((each) => each[typeKey] === name);
  if (found !== undefined) return found;
  throw new ArtifactError({
    field: `${field}.type`,
    expected: `one of ${names.map((other) => describe(other)).join(', ')}`,
    found: describe(name),
    remedy: `Pass its class: load(path, { ${option}: [ItsClass] }).`,
  });
}
