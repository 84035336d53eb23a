import { formatAddress } from '../codec/address.ts';
import { tokenPlaceholder } from '../codec/placeholder.ts';
import type { DesiredService } from '../model/desired.ts';
import { ratholeBind, ratholeName } from './slot.ts';

/** What differs between the generations of a service, as its fragments say it. */
export interface GenerationTexts {
  readonly name: string;
  readonly token: string;
  readonly address: string;
  readonly generation: number | string;
}

/** What a template has in their places. */
export const BLANKS = {
  name: '@NAME@',
  token: '@TOKEN@',
  address: '@ADDRESS@',
  generation: '@GENERATION@',
} as const;

export function generationTexts(service: DesiredService, generation: number): GenerationTexts {
  return {
    name: ratholeName(service, generation),
    token: tokenPlaceholder(service.name, generation),
    address: formatAddress(ratholeBind(service, generation)),
    generation,
  };
}

/** In place one name and one address serve all generations; and TOML quotes only names that need it. */
export function templateTexts(service: DesiredService): GenerationTexts {
  if (service.cutover === 'blue-green') return BLANKS;
  const { name, address } = generationTexts(service, 0);
  return { ...BLANKS, name, address };
}
