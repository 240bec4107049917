/** Parameters of a request for each action that its gate weighs; a test goes through all of them. */
export const userRequests: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  CreateUser: { UserName: 'somebody' },
  GetUser: { UserName: 'somebody' },
};
