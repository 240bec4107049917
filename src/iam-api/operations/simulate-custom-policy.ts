import { onIdentity } from '../../domain/grant.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { simulationAnswer, simulationElement, simulationInput, simulationRequest } from '../simulation-answer.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html */
export const simulateCustomPolicy = defineIamOperation({
  name: 'SimulateCustomPolicy',
  input: simulationInput,
  result: simulationElement,
  requires: (_input, { account: { accountId } }) => [onIdentity('iam:SimulateCustomPolicy', accountId)],
  handle({ input, principal: { account } }, { simulation, clock }) {
    return simulationAnswer(input, simulation.ofPolicies(account.accountId, simulationRequest(input)), clock);
  },
});
