/* Matching askers against rules. */
#include "peer/rules.h"

#include <string.h>

_Static_assert(RULE_KEY_BYTES == IDENTITY_BYTES, "a rule's key");

/* '*' stands for any bytes. Of several only the last one is ever taken back, so this ends soon. */
static bool matches(const char *pattern, struct span text)
{
	const char *star = NULL;
	size_t at = 0, resume = 0;

	while (at < text.len) {
		if (*pattern == '*') {
			star = pattern++;
			resume = at;
		} else if (*pattern != '\0' && (unsigned char)*pattern == text.data[at]) {
			pattern++;
			at++;
		} else if (star != NULL) {
			pattern = star + 1;
			at = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool is_about(const struct peer_rule *rule, const struct fields *order)
{
	if (rule->by_key)
		return fields_has(order, KEY_ID) &&
		    memcmp(rule->key, order->identity, IDENTITY_BYTES) == 0;
	if (strcmp(rule->name, "*") == 0)
		return true;
	return fields_has(order, KEY_AN) && matches(rule->name, order->asker);
}

static bool any_about(const struct peer_rules *rules, const struct fields *order)
{
	for (size_t i = 0; i < rules->count; i++) {
		if (is_about(&rules->rules[i], order))
			return true;
	}
	return false;
}

bool rules_admit(const struct peer_settings *settings, const struct fields *order)
{
	return !any_about(&settings->deny, order) &&
	    (settings->allow.count == 0 || any_about(&settings->allow, order));
}
