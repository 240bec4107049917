import { required, text } from '../../wire/query/parameters.ts';
import { defineIamOperation } from '../iam-operation.ts';
import { onPolicySource } from '../policy-grants.ts';
import { simulationAnswer, simulationElement, simulationInput, simulationRequest } from '../simulation-answer.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html */
export const simulatePrincipalPolicy = defineIamOperation({
  name: 'SimulatePrincipalPolicy',
  input: { PolicySourceArn: required(text({ min: 20, max: 2048 })), ...simulationInput },
  result: simulationElement,
  requires: ({ PolicySourceArn }) => [onPolicySource('iam:SimulatePrincipalPolicy', PolicySourceArn)],
  async handle({ input }, { simulation, clock }) {
    const simulator = await simulation.ofPrincipal(input.PolicySourceArn, simulationRequest(input));
    return simulationAnswer(input, simulator, clock);
  },
});
