/** Parameters of a request for each action that its gate weighs; a test goes through all of them. */
export const policyRequests: Readonly<Record<string, Readonly<Record<string, string>>>> = {};
