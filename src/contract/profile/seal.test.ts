import { describe, expect, it } from 'vitest';
import { sampleProfile } from '../../../test/fixtures/sample-profile.ts';
import { parseProfile, sealProfile } from './index.ts';

describe('a profile', () => {
  const profile = sampleProfile();

  it('has a digest that does not depend on the order of keys', () => {
    const { digest, ...body } = profile;
    const turned = Object.fromEntries(Object.entries(body).reverse()) as typeof body;
    expect(sealProfile(turned).digest).toBe(digest);
    // Pinned: whoever keeps profiles relies on it.
    expect(digest).toBe('sha256:d23b09a3631ffa525c7729575799e1b078a32ecbcc732270716c6df3f5488aa4');
  });

  it.each([
    ['not JSON at all', 'it is not JSON'],
    ['{}', 'format: '],
    [JSON.stringify({ ...profile, format: 'holdfast-profile/2' }), 'format: '],
    [JSON.stringify({ ...profile, complete: false }), 'its digest does not match'],
    [JSON.stringify({ ...profile, more: 1 }), 'more'],
  ])('is refused: %.30s', (text, why) => {
    expect(() => parseProfile(text, 'a.json')).toThrow(new RegExp(`a\\.json is not a profile: .*${why}`));
  });
});
