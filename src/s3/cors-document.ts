import { type CorsRule, corsLimits } from '../domain/cors.ts';
import { element, type Infer, integer, list, optional, text } from '../wire/xml/schema.ts';

const corsRule = element({
  AllowedHeader: list(text()),
  AllowedMethod: list(text(), { min: 1 }),
  AllowedOrigin: list(text(), { min: 1 }),
  ExposeHeader: list(text()),
  ID: optional(text({ maxLength: corsLimits.idLength })),
  MaxAgeSeconds: optional(integer({ min: 0, max: corsLimits.maxAgeSeconds })),
});

/** A bucket's CORS rules, given and taken. */
export const corsConfiguration = {
  root: 'CORSConfiguration',
  schema: element({ CORSRule: list(corsRule, { min: 1, max: corsLimits.rules }) }),
};
type CorsConfiguration = Infer<(typeof corsConfiguration)['schema']>;

export function corsRulesIn({ CORSRule }: CorsConfiguration): CorsRule[] {
  return CORSRule.map((rule) => ({
    id: rule.ID,
    allowedOrigins: rule.AllowedOrigin,
    allowedMethods: rule.AllowedMethod,
    allowedHeaders: rule.AllowedHeader,
    exposeHeaders: rule.ExposeHeader,
    maxAgeSeconds: rule.MaxAgeSeconds,
  }));
}

export function corsConfigurationOf(rules: readonly CorsRule[]): CorsConfiguration {
  return {
    CORSRule: rules.map((rule) => ({
      AllowedHeader: rule.allowedHeaders,
      AllowedMethod: rule.allowedMethods,
      AllowedOrigin: rule.allowedOrigins,
      ExposeHeader: rule.exposeHeaders,
      ID: rule.id,
      MaxAgeSeconds: rule.maxAgeSeconds,
    })),
  };
}
